import type { Deps } from '../deps.ts'
import { type Grant, type Grantor, grantRefusal } from '../domain/grant.ts'
import type { Principal } from '../domain/principal.ts'
import { judge, type KeyFacts } from '../domain/verdict.ts'
import { ServiceError } from '../errors.ts'
import { lockKeyFacts } from '../store/credentials.ts'
import type { StoreTransaction } from '../store/database.ts'

/**
 * The principal's own key, read and judged again inside the transaction in which it acts, and locked
 * until the end of that: nothing is committed in the name of a key that was revoked before.
 * Throws `unauthenticated` or `permission_denied`.
 */
export async function renewAuthority(
  deps: Deps,
  trx: StoreTransaction,
  principal: Principal,
  permission: string,
): Promise<KeyFacts> {
  const facts = await lockKeyFacts(trx, principal.key.id, principal.key.generation)
  const attempt = { address: principal.address, permissions: [], accountId: undefined }
  const verdict = facts && judge(facts, attempt, deps.now())
  // As the request would be answered if it came now.
  if (verdict?.valid === false && verdict.reason === 'address_not_allowed') {
    throw new ServiceError(
      'permission_denied',
      'The client address is not in the allow lists of the API key.',
    )
  }
  if (facts === undefined || verdict?.valid !== true) {
    throw new ServiceError('unauthenticated', 'The API key of the request is no longer valid.')
  }
  requirePermission(facts, permission)
  if (principal.actingUser !== undefined) requirePermission(facts, 'account:act_as')
  principal.authorityRenewed = true
  return facts
}

/** Throws `permission_denied` unless the key holds the permission. */
export function requirePermission(facts: Pick<KeyFacts, 'holds'>, permission: string): void {
  if (facts.holds.has(permission)) return
  throw new ServiceError(
    'permission_denied',
    `The operation requires the permission ${permission}.`,
  )
}

/** Whether an act would give nothing that its author does not hold. */
export function mayGrant(grantor: Grantor, grant: Grant): boolean {
  return grantRefusal(grantor, grant) === undefined
}

/** Throws `escalation` when an act would give what its author does not hold. */
export function requireGrantable(grantor: Grantor, grant: Grant): void {
  const refusal = grantRefusal(grantor, grant)
  if (refusal === undefined) return
  switch (refusal.kind) {
    case 'permissions':
      throw new ServiceError(
        'escalation',
        `The API key cannot grant permissions that it does not hold: ${refusal.missing.join(', ')}.`,
      )
    case 'reach':
      throw new ServiceError(
        'escalation',
        'An API key restricted by allow lists can grant only its own allow lists.',
      )
  }
}
