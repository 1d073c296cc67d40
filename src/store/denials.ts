import { sql } from 'kysely'
import type { DenialReason } from '../domain/verdict.ts'
import type { Executor, StoreTransaction } from './database.ts'

/** How often a key was denied for a reason in an hour. */
export interface DenialRecord {
  readonly apiKeyId: string
  readonly accountId: string
  readonly keyName: string
  readonly reason: DenialReason
  /** The beginning of the hour. */
  readonly hour: Date
  /** The address of the first denied attempt; null: unknown. */
  readonly clientIp: string | null
  readonly count: number
}

/**
 * Adds counts to the stored ones; a sum stays within the numbers that JSON keeps exactly. Returns
 * the records that are the first of their key, reason and hour.
 */
export async function addDenials(
  trx: StoreTransaction,
  denials: readonly DenialRecord[],
): Promise<DenialRecord[]> {
  // Sorted, so that two instances that flush at once lock rows in the same order.
  const ordered = denials.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const { rows } = await sql<{ place: string }>`
    with given as (${unnested(ordered)}), added as (
      insert into api_key_denial (api_key_id, account_id, reason, hour, count)
      select api_key_id, account_id, reason, hour, count from given order by place
      on conflict do nothing
      returning api_key_id, reason, hour
    )
    select given.place from given join added using (api_key_id, reason, hour)`.execute(trx)
  const first = new Set(rows.map((row) => Number(row.place) - 1))
  const known = ordered.filter((_, index) => !first.has(index))
  if (known.length > 0) {
    await sql`
      update api_key_denial
      set count = least(api_key_denial.count + given.count, ${Number.MAX_SAFE_INTEGER})
      from (${unnested(known)}) as given
      where api_key_denial.api_key_id = given.api_key_id
        and api_key_denial.reason = given.reason and api_key_denial.hour = given.hour`.execute(trx)
  }
  return ordered.filter((_, index) => first.has(index))
}

/** Deletes the counts of hours before a moment; their events stay. */
export async function pruneDenials(db: Executor, before: Date): Promise<void> {
  await sql`delete from api_key_denial where hour < ${before}`.execute(db)
}

function unnested(denials: readonly DenialRecord[]) {
  return sql`
    select * from unnest(
      ${denials.map((denial) => denial.apiKeyId)}::uuid[],
      ${denials.map((denial) => denial.accountId)}::uuid[],
      ${denials.map((denial) => denial.reason)}::text[],
      ${denials.map((denial) => denial.hour)}::timestamptz[],
      ${denials.map((denial) => denial.count)}::bigint[]
    ) with ordinality as row (api_key_id, account_id, reason, hour, count, place)`
}

function nameOf({ apiKeyId, reason, hour }: DenialRecord): string {
  return `${apiKeyId} ${reason} ${hour.toISOString()}`
}
