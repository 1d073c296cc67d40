import { requireGrantable } from '../../acts/authority.ts'
import type { IdempotentRequest } from '../../acts/idempotency.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import { findRoleWithEffects } from '../../store/roles.ts'
import type { ManagementDeps } from '../deps.ts'
import { requireMayEndAt, requireSameExpiry } from './change-rules.ts'
import { parseKeyId } from './key-id.ts'
import {
  type RotatedKey,
  type RotationRequest,
  type RotationTerms,
  rotateKey,
} from './rotate-key.ts'

/**
 * Gives a key of the account a new token. The author receives a token that can do everything that
 * the key may do, so must hold all of that. An earlier expiry requires the permission to revoke,
 * and no key changes its own expiry. Throws as rotateKey does.
 */
export function rotateApiKey(
  deps: ManagementDeps,
  principal: CallerPrincipal,
  accountId: string,
  idOrHint: string,
  request: RotationRequest,
  idempotent: IdempotentRequest | undefined,
): Promise<RotatedKey> {
  const own = principal.kind === 'key' ? principal.key : undefined
  const terms: RotationTerms = {
    route: 'rotate',
    permission: 'api_key:rotate',
    // Its older token gives a key no more rights here than where the key rotates itself.
    askedByGeneration:
      own !== undefined && parseKeyId(idOrHint) === own.id ? own.generation : undefined,
    requireRights: async (trx, key, author, expiresAt) => {
      if (key.id === author.id) requireSameExpiry(key, expiresAt)
      requireMayEndAt(author, key, expiresAt)
      const role = await findRoleWithEffects(trx, accountId, { id: key.role.id })
      requireGrantable(author, { ...key, permissions: role?.effective ?? [] })
    },
  }
  return rotateKey(deps, principal, accountId, idOrHint, request, terms, idempotent)
}
