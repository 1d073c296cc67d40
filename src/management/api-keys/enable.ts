import { requireGrantable } from '../../acts/authority.ts'
import type { ActDeps } from '../../acts/deps.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import { ServiceError } from '../../errors.ts'
import { setDisabledAt } from '../../store/api-keys.ts'
import { findRoleWithEffects } from '../../store/roles.ts'
import { type ChangedKey, changeApiKey } from './change-api-key.ts'
import { requireUnexpired } from './require-not-ended.ts'

/**
 * Enables a disabled key. The author must hold everything that the key may do. Repeating it changes
 * nothing. Throws `key_revoked`, `key_expired`, `escalation`.
 */
export async function enableApiKey(
  deps: ActDeps,
  principal: CallerPrincipal,
  accountId: string,
  idOrHint: string,
  reason: string | null,
): Promise<ChangedKey> {
  return changeApiKey(deps, principal, accountId, idOrHint, {
    permission: 'api_key:disable',
    action: 'api_key.enabled',
    reason,
    perform: async ({ trx, author }, key) => {
      if (key.revokedAt !== null) throw new ServiceError('key_revoked', 'The key is revoked.')
      await requireUnexpired(trx, key, deps.now())
      if (key.disabledAt === null) return false
      const role = await findRoleWithEffects(trx, accountId, { id: key.role.id })
      requireGrantable(author, { ...key, permissions: role?.effective ?? [] })
      await setDisabledAt(trx, key.id, null)
      return true
    },
  })
}
