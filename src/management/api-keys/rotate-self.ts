import type { IdempotentRequest } from '../../acts/idempotency.ts'
import type { KeyPrincipal } from '../../domain/principal.ts'
import { invalidRequest } from '../../errors.ts'
import type { ManagementDeps } from '../deps.ts'
import { requireSameExpiry } from './change-rules.ts'
import {
  type RotatedKey,
  type RotationRequest,
  type RotationTerms,
  rotateKey,
} from './rotate-key.ts'

/**
 * Gives the principal's own key a new token. The expiry stays, and the overlap is limited by
 * `SELF_ROTATION_MAX_OVERLAP_SECONDS`. Throws as rotateKey does.
 */
export async function rotateOwnKey(
  deps: ManagementDeps,
  principal: KeyPrincipal,
  request: RotationRequest,
  idempotent: IdempotentRequest | undefined,
): Promise<RotatedKey> {
  const maxSeconds = deps.selfRotationMaxOverlapSeconds
  if (request.overlapSeconds > maxSeconds) {
    const message = `The value must be at most ${maxSeconds} seconds when a key rotates itself.`
    throw invalidRequest([{ field: '/overlap_seconds', rule: 'maximum', message }])
  }
  const { id, accountId, generation } = principal.key
  const terms: RotationTerms = {
    route: 'rotate_self',
    permission: 'api_key:rotate_self',
    // The new token outlives the session.
    isSensitive: true,
    askedByGeneration: generation,
    requireRights: async (_trx, key, _author, expiresAt) => requireSameExpiry(key, expiresAt),
  }
  return rotateKey(deps, principal, accountId, id, request, terms, idempotent)
}
