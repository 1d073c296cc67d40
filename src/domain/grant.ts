import type { Reach } from './key/api-key.ts'

/** What somebody has to give: permissions, and the places from where they themselves may act. */
export interface Grantor {
  readonly holds: ReadonlySet<string>
  readonly reach: Reach
  readonly allowListIds: readonly string[]
}

/** What an act would give to a key. */
export interface Grant {
  readonly permissions: readonly string[]
  readonly reach: Reach
  readonly allowListIds: readonly string[]
}

export type GrantRefusal =
  | { readonly kind: 'permissions'; readonly missing: readonly string[] }
  | { readonly kind: 'reach' }

/**
 * Nobody grants what they do not hold: each permission must be the grantor's own, and one who is
 * restricted by address may grant only reaches made of the lists that restrict them.
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
