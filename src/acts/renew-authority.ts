import type { KeyPrincipal, Principal } from '../domain/principal.ts'
import { judge, type KeyFacts } from '../domain/verdict.ts'
import { ServiceError } from '../errors.ts'
import { lockKeyFacts } from '../store/credentials.ts'
import type { StoreTransaction } from '../store/database.ts'
import { requirePermission } from './authority.ts'
import type { IdDeps } from './deps.ts'

/**
 * The author of an act: the principal as of the transaction. A key is loaded and judged again, and
 * locked until the commit, so that no act of a revoked key is committed; the system has no key.
 * Only act() calls this. Throws `unauthenticated` or `permission_denied`.
 */
export async function renewAuthority(
  deps: Pick<IdDeps, 'now'>,
  trx: StoreTransaction,
  principal: Principal,
  permission: string,
): Promise<KeyFacts | undefined> {
  switch (principal.kind) {
    case 'system':
      return undefined
    case 'key':
      return renewKey(deps, trx, principal, permission)
  }
}

async function renewKey(
  deps: Pick<IdDeps, 'now'>,
  trx: StoreTransaction,
  principal: KeyPrincipal,
  permission: string,
): Promise<KeyFacts> {
  const facts = await lockKeyFacts(trx, principal.key.id, principal.key.generation)
  const attempt = { address: principal.address, permissions: [], accountId: undefined }
  const verdict = facts && judge(facts, attempt, deps.now())
  // The error that the request would get if it arrived now.
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
