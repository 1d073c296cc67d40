import { sql } from 'kysely'
import type { Executor, StoreTransaction } from './database.ts'

/** Background work that one instance at a time does for all. */
export type SweepName =
  | 'expires_in_30_days'
  | 'expires_in_7_days'
  | 'expires_in_1_day'
  | 'expired'
  | 'audit_heads'

/** How far the work has come: a moment, and the last id at that very moment. */
export interface SweepPosition {
  readonly at: Date
  readonly id: string
}

/** Claims the work until the transaction ends; undefined when another instance has it. */
export async function claimSweep(
  trx: StoreTransaction,
  name: SweepName,
): Promise<SweepPosition | undefined> {
  const { rows } = await sql<{ swept_to: Date; swept_id: string }>`
    select swept_to, swept_id from sweep where name = ${name} for update skip locked`.execute(trx)
  const [row] = rows
  return row && { at: row.swept_to, id: row.swept_id }
}

/**
 * Records how far the work has come. Commits with the work itself, so that none is left out or done
 * twice; the caller has claimed the sweep.
 */
export async function moveSweep(
  trx: StoreTransaction,
  name: SweepName,
  to: SweepPosition,
): Promise<void> {
  await sql`update sweep set swept_to = ${to.at}, swept_id = ${to.id} where name = ${name}`.execute(
    trx,
  )
}

export interface DueKey {
  readonly id: string
  readonly accountId: string
  readonly name: string
  readonly expiresAt: Date
}

/**
 * At most `limit` keys that are not revoked and expire after a position and not after a moment, in
 * that order. Keys that were issued with less than `beforeMs` left are excluded.
 */
export async function findExpiring(
  trx: StoreTransaction,
  range: { readonly after: SweepPosition; readonly until: Date; readonly beforeMs: number },
  limit: number,
): Promise<(DueKey & { readonly isTold: boolean })[]> {
  const { after, until, beforeMs } = range
  const { rows } = await sql<{
    id: string
    account_id: string
    name: string
    expires_at: Date
    is_told: boolean
  }>`
    select id, account_id, name, expires_at,
      created_at < expires_at - ${beforeMs} * interval '1 millisecond' as is_told
    from api_key
    where revoked_at is null and expires_at is not null
      and (expires_at, id) > (${after.at}, ${after.id}::uuid) and expires_at <= ${until}
    order by expires_at, id limit ${limit}`.execute(trx)
  return rows.map((row) => ({
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    expiresAt: row.expires_at,
    isTold: row.is_told,
  }))
}

/** How many keys that are not revoked expire after a moment and before each of the others. */
export async function countExpiring(
  db: Executor,
  now: Date,
  befores: readonly Date[],
): Promise<number[]> {
  const { rows } = await sql<{ count: number }>`
    select (
      select count(*)::int from api_key
      where revoked_at is null and expires_at is not null
        and expires_at > ${now} and expires_at <= before
    ) as count
    from unnest(${befores}::timestamptz[]) with ordinality as given (before, place)
    order by place`.execute(db)
  return rows.map((row) => row.count)
}
