import type { LiveCredential } from '../domain/key/rotation.ts'
import type { StoreTransaction } from './database.ts'

/**
 * The credentials of a locked key that have not ended, the newest first, locked: no first use of
 * them is recorded until the transaction ends.
 */
export async function lockLiveCredentials(
  trx: StoreTransaction,
  apiKeyId: string,
): Promise<LiveCredential[]> {
  const rows = await trx
    .selectFrom('credential')
    .select(['generation', 'first_used_at', 'ends_at', 'retires_older_after_seconds'])
    .where('api_key_id', '=', apiKeyId)
    .where('ended_at', 'is', null)
    .orderBy('generation', 'desc')
    .forUpdate()
    .execute()
  return rows.map((row) => ({
    generation: row.generation,
    firstUsedAt: row.first_used_at,
    endsAt: row.ends_at,
    retiresOlderAfterSeconds: row.retires_older_after_seconds,
  }))
}

/** Ends credentials of a key now: a state, whatever the time. */
export async function endCredentials(
  trx: StoreTransaction,
  apiKeyId: string,
  generations: readonly number[],
  now: Date,
): Promise<void> {
  if (generations.length === 0) return
  await trx
    .updateTable('credential')
    .set({ ended_at: now })
    .where('api_key_id', '=', apiKeyId)
    .where('generation', 'in', generations)
    .where('ended_at', 'is', null)
    .execute()
}

/** Sets the moment at which a credential ends. */
export async function setCredentialEnd(
  trx: StoreTransaction,
  apiKeyId: string,
  generation: number,
  endsAt: Date,
): Promise<void> {
  await trx
    .updateTable('credential')
    .set({ ends_at: endsAt })
    .where('api_key_id', '=', apiKeyId)
    .where('generation', '=', generation)
    .execute()
}
