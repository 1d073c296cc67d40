import type { ActDeps } from '../../acts/deps.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import { ServiceError } from '../../errors.ts'
import { setDisabledAt } from '../../store/api-keys.ts'
import { type ChangedKey, changeApiKey } from './change-api-key.ts'

/** Disables a key until it is enabled. Repeating it changes nothing. Throws `key_revoked`. */
export async function disableApiKey(
  deps: ActDeps,
  principal: CallerPrincipal,
  accountId: string,
  idOrHint: string,
  reason: string | null,
): Promise<ChangedKey> {
  return changeApiKey(deps, principal, accountId, idOrHint, {
    permission: 'api_key:disable',
    action: 'api_key.disabled',
    reason,
    perform: async ({ trx }, key) => {
      if (key.revokedAt !== null) throw new ServiceError('key_revoked', 'The key is revoked.')
      if (key.disabledAt !== null) return false
      await setDisabledAt(trx, key.id, deps.now())
      return true
    },
  })
}
