import type { ActDeps } from '../../acts/deps.ts'
import { actorOf, type Principal } from '../../domain/principal.ts'
import { revokeApiKey as revokeStored } from '../../store/api-keys.ts'
import { type ChangedKey, changeApiKey } from './change-api-key.ts'

/**
 * Revokes a key for good. Repeating it changes nothing. The principal is a caller, or `system` for
 * an operator of the database. Throws `invalid_request`, `not_found`.
 */
export async function revokeApiKey(
  deps: ActDeps,
  principal: Principal,
  accountId: string,
  idOrHint: string,
  reason: string | null,
): Promise<ChangedKey> {
  return changeApiKey(deps, principal, accountId, idOrHint, {
    permission: 'api_key:revoke',
    action: 'api_key.revoked',
    reason,
    perform: async ({ trx }, key) => {
      if (key.revokedAt !== null) return false
      await revokeStored(trx, key.id, { at: deps.now(), by: actorOf(principal), reason })
      return true
    },
  })
}
