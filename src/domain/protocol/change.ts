/**
 * A committed fact that alters what keys may do. A change of one key names the key; one that touches
 * many keys of an account (a role, a list) names the account; `everything` is a new catalogue of
 * permissions; `tag_key` a change of the ring of tag keys, which overtakes no entry.
 */
export type Change =
  | { readonly kind: 'key'; readonly id: string }
  | { readonly kind: 'account'; readonly id: string }
  | { readonly kind: 'everything' }
  | { readonly kind: 'tag_key' }

/** A row of the order of changes, as read. A version to come may have written a kind that we do not know. */
export interface ChangeRow {
  readonly revision: number
  /** Random, one a revision. */
  readonly id: string
  readonly kind: string
  readonly subject: string | null
}

/** What a row stands for; undefined when it is of a kind that this version does not know. */
export function parseChange({ kind, subject }: ChangeRow): Change | undefined {
  if (kind === 'everything' || kind === 'tag_key') return { kind }
  if ((kind === 'key' || kind === 'account') && subject !== null) return { kind, id: subject }
  return undefined
}
