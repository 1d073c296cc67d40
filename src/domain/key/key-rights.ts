import type { Reach } from './api-key.ts'

/** What decides how much a key may do, from where, and for how long. */
export interface KeyRights {
  readonly roleId: string
  readonly reach: Reach
  readonly allowListIds: readonly string[]
  /** Null: never. */
  readonly expiresAt: Date | null
}

/**
 * Whether a change gives a key anything that it did not have: another role, whatever it holds, a place
 * more to be used from, or more time.
 */
export function widensKey(before: KeyRights, after: KeyRights): boolean {
  return (
    after.roleId !== before.roleId || widensReach(before, after) || isLater(before, after.expiresAt)
  )
}

/** Whether an expiry would come after the one that a key has. */
export function isLater(before: Pick<KeyRights, 'expiresAt'>, expiresAt: Date | null): boolean {
  if (before.expiresAt === null) return false
  return expiresAt === null || expiresAt > before.expiresAt
}

/** Whether an expiry would come before the one that a key has. */
export function isEarlier(before: Pick<KeyRights, 'expiresAt'>, expiresAt: Date | null): boolean {
  if (expiresAt === null) return false
  return before.expiresAt === null || expiresAt < before.expiresAt
}

/** Whether a change takes a place from a key that it could be used from. */
export function narrowsReach(before: KeyRights, after: KeyRights): boolean {
  return widensReach(after, before)
}

/** Whether a change leaves a key its role, its reach and its expiry. */
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
