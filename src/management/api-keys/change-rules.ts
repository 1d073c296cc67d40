import { mayGrant, requireGrantable, requirePermission } from '../../acts/authority.ts'
import type { ApiKey } from '../../domain/key/api-key.ts'
import {
  isEarlier,
  isSameRights,
  type KeyRights,
  narrowsReach,
  widensKey,
} from '../../domain/key/key-rights.ts'
import type { Rights } from '../../domain/rights.ts'
import { ServiceError } from '../../errors.ts'

/** A change of a key, and the permissions of its role before and after. */
export interface KeyChange {
  readonly before: KeyRights
  readonly after: KeyRights
  readonly permissionsBefore: readonly string[]
  readonly permissionsAfter: readonly string[]
}

/**
 * Throws `escalation` or `permission_denied` unless the author may make the change: no key changes
 * its own rights, an author who widens a key must hold what the change grants, and an author who
 * narrows a key must be allowed to.
 */
export function requireMayChange(author: Rights, key: ApiKey, change: KeyChange): void {
  const { before, after, permissionsBefore, permissionsAfter } = change
  if (key.id === author.id && !isSameRights(before, after)) throw keyItself()
  if (widensKey(before, after)) {
    const permissions = [...new Set([...permissionsBefore, ...permissionsAfter])].sort()
    requireGrantable(author, { ...after, permissions })
  }
  requireMayEndAt(author, key, after.expiresAt)
  if (!narrowsReach(before, after)) return
  // A key that cannot be used from where it is used is as good as disabled. An author who holds all
  // its permissions can undo that; others need the permission to disable.
  if (mayGrant(author, { ...before, permissions: permissionsBefore })) return
  requirePermission(author, 'api_key:disable')
}

/**
 * An earlier expiry ends the key, now or later, and expiry is final. Throws `permission_denied`
 * unless the author may revoke keys.
 */
export function requireMayEndAt(
  author: Rights,
  key: Pick<ApiKey, 'expiresAt'>,
  expiresAt: Date | null,
): void {
  if (isEarlier(key, expiresAt)) requirePermission(author, 'api_key:revoke')
}

/** Throws `escalation` for a key that would change its own expiry. */
export function requireSameExpiry(key: Pick<ApiKey, 'expiresAt'>, expiresAt: Date | null): void {
  if (key.expiresAt?.getTime() !== expiresAt?.getTime()) throw keyItself()
}

function keyItself(): ServiceError {
  return new ServiceError('escalation', 'A key must not change its own role, reach or expiry.')
}
