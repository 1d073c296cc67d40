import type { Reach } from './key/api-key.ts'

/** What a principal can give: its permissions, and its own reach. */
export interface Grantor {
  readonly holds: ReadonlySet<string>
  readonly reach: Reach
  readonly allowListIds: readonly string[]
  /**
   * The permissions that it grants only after it is confirmed again: the sensitive ones, if it acts
   * by a session whose key was given, or whose person signed in, too long ago. Absent: none.
   */
  readonly unconfirmed?: ReadonlySet<string>
}

/** What an act would give to a key or to a person. */
export interface Grant {
  readonly permissions: readonly string[]
  readonly reach: Reach
  readonly allowListIds: readonly string[]
}

/** What a role gives to a person: all that it allows, from any address. */
export function grantToPerson(permissions: readonly string[]): Grant {
  return { permissions, reach: 'anywhere', allowListIds: [] }
}

export type GrantRefusal =
  | { readonly kind: 'permissions'; readonly missing: readonly string[] }
  | { readonly kind: 'reach' }

/** Whether a grant has a permission for which the grantor must be confirmed again. */
export function needsConfirmation({ unconfirmed }: Grantor, grant: Grant): boolean {
  return unconfirmed !== undefined && grant.permissions.some((name) => unconfirmed.has(name))
}

/**
 * Why a principal may not give a grant; undefined: it may. Each permission must be one that the
 * grantor holds, and a grantor restricted by address may grant only reaches made of the allow lists
 * that restrict it.
 */
export function grantRefusal(grantor: Grantor, grant: Grant): GrantRefusal | undefined {
  const missing = grant.permissions.filter((name) => !grantor.holds.has(name))
  if (missing.length > 0) return { kind: 'permissions', missing }
  if (grantor.reach === 'anywhere') return undefined
  const within =
    grant.reach === 'allow_lists' &&
    grant.allowListIds.every((id) => grantor.allowListIds.includes(id))
  return within ? undefined : { kind: 'reach' }
}
