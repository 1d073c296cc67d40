import { sql } from 'kysely'
import type { CredentialRef } from '../domain/key/credential-ref.ts'
import type { Executor, StoreTransaction } from './database.ts'

/**
 * Records the first use of a credential. False when it has been used before or has ended: the
 * caller judges again.
 */
export async function recordFirstUse(
  db: Executor,
  apiKeyId: string,
  generation: number,
  now: Date,
): Promise<boolean> {
  const result = await db
    .updateTable('credential')
    .set({ first_used_at: now })
    .where('api_key_id', '=', apiKeyId)
    .where('generation', '=', generation)
    .where('first_used_at', 'is', null)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

/**
 * Records first uses of many credentials by one statement. Whether each was recorded, in the order
 * of `used`.
 */
export async function recordFirstUses(
  db: Executor,
  used: readonly CredentialRef[],
  now: Date,
): Promise<readonly boolean[]> {
  // Locked in order of id: of two batches that share keys one waits for the other, and there is no
  // deadlock.
  const { rows } = await sql<{ recorded: boolean }>`
    with used as (
      select * from unnest(
        ${used.map((one) => one.apiKeyId)}::uuid[],
        ${used.map((one) => one.generation)}::integer[]
      ) with ordinality as used (api_key_id, generation, place)
    ), locked as (
      select credential.api_key_id, credential.generation
      from credential join used using (api_key_id, generation)
      where credential.first_used_at is null and credential.ended_at is null
      order by credential.api_key_id, credential.generation
      for update of credential
    ), recorded as (
      update credential set first_used_at = ${now} from locked
      where credential.api_key_id = locked.api_key_id
        and credential.generation = locked.generation
      returning credential.api_key_id, credential.generation
    )
    select recorded.api_key_id is not null as recorded
    from used left join recorded using (api_key_id, generation)
    order by used.place`.execute(db)
  return rows.map((row) => row.recorded)
}

/**
 * Ends the credentials before one that is used for the first time, as its rotation said: that many
 * seconds from now at the latest, and with 0 as a state. False when no older credential would have
 * lasted longer.
 */
export async function retireOlderCredentials(
  trx: StoreTransaction,
  apiKeyId: string,
  generation: number,
  now: Date,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update credential as older set
      ends_at = retirement.at,
      ended_at = case when retirement.at <= ${now} then ${now}::timestamptz end
    from (
      select ${now}::timestamptz + make_interval(secs => retires_older_after_seconds) as at
      from credential where api_key_id = ${apiKeyId} and generation = ${generation}
    ) as retirement
    where older.api_key_id = ${apiKeyId} and older.generation < ${generation}
      and older.ended_at is null and (older.ends_at is null or older.ends_at > retirement.at)`.execute(
    trx,
  )
  return (numAffectedRows ?? 0n) > 0n
}
