import { sql } from 'kysely'
import type { CredentialRef } from '../domain/key/api-key.ts'
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
 * `recorded`; `settled`: used before or ended meanwhile; `locked`: another transaction holds the
 * credential, and the first use is recorded by itself (recordFirstUse).
 */
export type FirstUseOutcome = 'recorded' | 'settled' | 'locked'

/**
 * Records first uses of many credentials in one statement, and tells the outcome of each in the
 * order asked for. The statement waits for no lock: one key that a long transaction holds would
 * otherwise delay the first uses of every account.
 */
export async function recordFirstUses(
  db: Executor,
  used: readonly CredentialRef[],
  now: Date,
): Promise<readonly FirstUseOutcome[]> {
  const { rows } = await sql<{ outcome: FirstUseOutcome }>`
    with used as (
      select * from unnest(
        ${used.map((one) => one.apiKeyId)}::uuid[],
        ${used.map((one) => one.generation)}::integer[]
      ) with ordinality as used (api_key_id, generation, place)
    ), unused as (
      select credential.api_key_id, credential.generation
      from credential join used using (api_key_id, generation)
      where credential.first_used_at is null and credential.ended_at is null
    ), free as (
      select credential.api_key_id, credential.generation
      from credential join used using (api_key_id, generation)
      where credential.first_used_at is null and credential.ended_at is null
      for update of credential skip locked
    ), recorded as (
      update credential set first_used_at = ${now} from free
      where credential.api_key_id = free.api_key_id
        and credential.generation = free.generation
      returning credential.api_key_id, credential.generation
    )
    select case
        when recorded.api_key_id is not null then 'recorded'
        when unused.api_key_id is not null then 'locked'
        else 'settled' end as outcome
    from used
      left join unused using (api_key_id, generation)
      left join recorded using (api_key_id, generation)
    order by used.place`.execute(db)
  return rows.map((row) => row.outcome)
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
