import type { ApiKey } from '../../domain/key/api-key.ts'
import { findTagKey } from '../../domain/token/tag.ts'
import { keyIdOf, parseHint, parseToken } from '../../domain/token/token.ts'
import { isUuid } from '../../domain/uuid.ts'
import { findApiKey } from '../../store/api-keys.ts'
import { findOrProveAbsence } from '../../store/committed-read.ts'
import type { ManagementDeps } from '../deps.ts'

/**
 * The key, of any account, that an operator names by a token, a hint or an id. Throws an Error when
 * no such key exists, or when this deployment did not issue the token.
 */
export async function findNamedApiKey(
  deps: Pick<ManagementDeps, 'db' | 'keyring'>,
  named: string,
): Promise<ApiKey> {
  const id = keyIdNamed(deps, named)
  const apiKey = await findOrProveAbsence(deps.db, (db) => findApiKey(db, id))
  if (apiKey === undefined) throw new Error('The key does not exist.')
  return apiKey
}

function keyIdNamed(deps: Pick<ManagementDeps, 'keyring'>, named: string): string {
  if (isUuid(named)) return named.toLowerCase()
  const token = parseToken(named)
  if (token === undefined) {
    const id = parseHint(named)
    if (id !== undefined) return id
    throw new Error('KEY must be a token, a hint or the id of a key.')
  }
  if (findTagKey(token, deps.keyring.keys) !== undefined) return keyIdOf(token)
  throw new Error('This deployment did not issue the token. To revoke the key, give its hint.')
}
