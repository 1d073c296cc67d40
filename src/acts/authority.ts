import { type Grant, type Grantor, grantRefusal, needsConfirmation } from '../domain/grant.ts'
import type { Rights } from '../domain/rights.ts'
import { ServiceError } from '../errors.ts'

/** Throws `permission_denied` unless the caller holds the permission. */
export function requirePermission(rights: Pick<Rights, 'holds'>, permission: string): void {
  if (rights.holds.has(permission)) return
  throw new ServiceError(
    'permission_denied',
    `The operation requires the permission ${permission}.`,
  )
}

/** Whether the author of an act holds everything that the act grants. */
export function mayGrant(grantor: Grantor, grant: Grant): boolean {
  return grantRefusal(grantor, grant) === undefined
}

/**
 * Throws `escalation` when an act grants what its author does not hold, and `confirmation_required`
 * when the author is a session that must be confirmed first.
 */
export function requireGrantable(grantor: Grantor, grant: Grant): void {
  const refusal = grantRefusal(grantor, grant)
  if (refusal === undefined) {
    if (needsConfirmation(grantor, grant)) throw confirmationRequired()
    return
  }
  switch (refusal.kind) {
    case 'permissions':
      throw new ServiceError(
        'escalation',
        `The caller cannot grant permissions that it does not hold: ${refusal.missing.join(', ')}.`,
      )
    case 'reach':
      throw new ServiceError(
        'escalation',
        'An API key restricted by allow lists can grant only its own allow lists.',
      )
  }
}

/** The refusal of a sensitive act by a session that was confirmed too long ago. */
export function confirmationRequired(): ServiceError {
  return new ServiceError(
    'confirmation_required',
    'The operation is sensitive. Give the API key of the session again, or sign in again, then repeat the request.',
  )
}
