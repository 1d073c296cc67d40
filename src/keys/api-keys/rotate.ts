import type { Deps } from '../../deps.ts'
import type { Principal } from '../../domain/principal.ts'
import { findRoleWithEffects } from '../../store/roles.ts'
import { requireGrantable } from '../authority.ts'
import { type RotatedKey, type RotationRequest, rotateKey } from './rotating-key.ts'

/**
 * Gives a key of the account a new token. Whoever gets the token can do what the key may, so they must
 * hold all of that. Throws as rotateKey does.
 */
export function rotateApiKey(
  deps: Deps,
  principal: Principal,
  accountId: string,
  idOrHint: string,
  request: RotationRequest,
): Promise<RotatedKey> {
  return rotateKey(deps, principal, accountId, idOrHint, request, {
    permission: 'api_key:rotate',
    askedByGeneration: undefined,
    requireRights: async (trx, key, author) => {
      const role = await findRoleWithEffects(trx, accountId, { id: key.role.id })
      requireGrantable(author, { ...key, permissions: role?.effective ?? [] })
    },
  })
}
