import type { ApiKey } from '../../domain/key/api-key.ts'
import { notFound } from '../../errors.ts'
import { findApiKey } from '../../store/api-keys.ts'
import { findOrProveAbsence } from '../../store/committed-read.ts'
import type { ManagementDeps } from '../deps.ts'
import { requireKeyId } from './key-id.ts'

/** One key by its id or hint; of any account when none is named. Throws `not_found`. */
export async function getApiKey(
  deps: Pick<ManagementDeps, 'db'>,
  idOrHint: string,
  accountId?: string,
): Promise<ApiKey> {
  const id = requireKeyId(idOrHint)
  const apiKey = await findOrProveAbsence(deps.db, (db) => findApiKey(db, id, accountId))
  if (apiKey === undefined) throw notFound('API key')
  return apiKey
}
