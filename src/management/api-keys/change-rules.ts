import { mayGrant, requireGrantable, requirePermission } from '../../acts/authority.ts'
import type { ApiKey } from '../../domain/key/api-key.ts'
import {
  isEarlier,
  isSameRights,
  type KeyRights,
  narrowsReach,
  widensKey,
} from '../../domain/key/key-rights.ts'
import type { KeyFacts } from '../../domain/verdict.ts'
import { ServiceError } from '../../errors.ts'

/** A change of a key, and all that its role gives it before and after. */
export interface KeyChange {
  readonly before: KeyRights
  readonly after: KeyRights
  readonly permissionsBefore: readonly string[]
  readonly permissionsAfter: readonly string[]
}

/**
 * Throws `escalation` or `permission_denied` unless the author may change the key so: no key changes its
 * own rights, whoever gives must hold what they give, and whoever takes must be allowed to.
 */
export function requireMayChange(author: KeyFacts, key: ApiKey, change: KeyChange): void {
  const { before, after, permissionsBefore, permissionsAfter } = change
  if (key.id === author.id && !isSameRights(before, after)) throw keyItself()
  if (widensKey(before, after)) {
    const permissions = [...new Set([...permissionsBefore, ...permissionsAfter])].sort()
    requireGrantable(author, { ...after, permissions })
  }
  requireMayEndAt(author, key, after.expiresAt)
  if (!narrowsReach(before, after)) return
  // A key that cannot be used from where it is used is as good as disabled. Whoever holds all that it may
  // do can undo that; others must be allowed to disable it.
  if (mayGrant(author, { ...before, permissions: permissionsBefore })) return
  requirePermission(author, 'api_key:disable')
}

/**
 * An expiry that comes sooner ends the key, now or later, and expiry is final. Throws `permission_denied`
 * unless the author may end keys.
 */
export function requireMayEndAt(
  author: KeyFacts,
  key: Pick<ApiKey, 'expiresAt'>,
  expiresAt: Date | null,
): void {
  if (isEarlier(key, expiresAt)) requirePermission(author, 'api_key:revoke')
}

/** Throws `escalation` for a key that would give itself another expiry. */
export function requireSameExpiry(key: Pick<ApiKey, 'expiresAt'>, expiresAt: Date | null): void {
  if (key.expiresAt?.getTime() !== expiresAt?.getTime()) throw keyItself()
}

function keyItself(): ServiceError {
  return new ServiceError('escalation', 'A key must not change its own role, reach or expiry.')
}
