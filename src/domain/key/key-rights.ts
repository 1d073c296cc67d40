import type { Reach } from './api-key.ts'

/** The facts that decide how much a key may do, from where, and for how long. */
export interface KeyRights {
  readonly roleId: string
  readonly reach: Reach
  readonly allowListIds: readonly string[]
  /** Null: the key never expires. */
  readonly expiresAt: Date | null
}

/**
 * Whether a change widens a key: another role, whatever the role holds, a larger reach, or a later
 * expiry.
 */
export function widensKey(before: KeyRights, after: KeyRights): boolean {
  return (
    after.roleId !== before.roleId || widensReach(before, after) || isLater(before, after.expiresAt)
  )
}

/** Whether an expiry is later than the key's. */
export function isLater(before: Pick<KeyRights, 'expiresAt'>, expiresAt: Date | null): boolean {
  if (before.expiresAt === null) return false
  return expiresAt === null || expiresAt > before.expiresAt
}

/** Whether an expiry is earlier than the key's. */
export function isEarlier(before: Pick<KeyRights, 'expiresAt'>, expiresAt: Date | null): boolean {
  if (expiresAt === null) return false
  return before.expiresAt === null || expiresAt < before.expiresAt
}

/** Whether a change removes an address from which the key could be used. */
export function narrowsReach(before: KeyRights, after: KeyRights): boolean {
  return widensReach(after, before)
}

/** Whether a change leaves the role, the reach and the expiry of a key as they are. */
export function isSameRights(before: KeyRights, after: KeyRights): boolean {
  return (
    after.roleId === before.roleId &&
    after.expiresAt?.getTime() === before.expiresAt?.getTime() &&
    !widensReach(before, after) &&
    !widensReach(after, before)
  )
}

function widensReach(before: KeyRights, after: KeyRights): boolean {
  if (before.reach === 'anywhere') return false
  if (after.reach === 'anywhere') return true
  return !after.allowListIds.every((id) => before.allowListIds.includes(id))
}
