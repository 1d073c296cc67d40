/**
 * A committed fact that alters what callers may do. `key` is a change of one key, `user` a
 * change of what one person may do in any account, and `session` the end of one session.
 * `account` is a change that touches many keys of an account, such as a role or an allow list.
 * `everything` is a new catalogue of permissions. `tag_key` is a change of the tag keyring,
 * which invalidates no cache entry. `instance` is the registration of an instance, which every
 * other one must know of before that one holds a lease; it alters no key.
 */
export type Change =
  | { readonly kind: 'key'; readonly id: string }
  | { readonly kind: 'account'; readonly id: string }
  | { readonly kind: 'session'; readonly id: string }
  | { readonly kind: 'user'; readonly id: string }
  | { readonly kind: 'everything' }
  | { readonly kind: 'tag_key' }
  | { readonly kind: 'instance' }

/**
 * A row of the table `change`. A newer version of the service may write kinds that this version
 * does not know.
 */
export interface ChangeRow {
  readonly revision: number
  /** Random, one for each revision. */
  readonly id: string
  readonly kind: string
  readonly subject: string | null
}

/** The change that a row describes; undefined when this version does not know its kind. */
export function parseChange({ kind, subject }: ChangeRow): Change | undefined {
  if (kind === 'everything' || kind === 'tag_key' || kind === 'instance') return { kind }
  if (subject === null) return undefined
  switch (kind) {
    case 'key':
    case 'account':
    case 'session':
    case 'user':
      return { kind, id: subject }
  }
  return undefined
}

/** Whether any of the changes may alter what a key of an account may do. */
export function nameSubject(
  changes: readonly Change[],
  subject: { readonly id: string; readonly accountId: string },
): boolean {
  return changes.some((change) => {
    if (change.kind === 'key') return change.id === subject.id
    if (change.kind === 'account') return change.id === subject.accountId
    return change.kind === 'everything'
  })
}
