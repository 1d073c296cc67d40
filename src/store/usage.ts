import { sql } from 'kysely'
import type { Executor } from './database.ts'

/** How often a key was used since the last flush, and when last. */
export interface UseRecord {
  readonly apiKeyId: string
  readonly accountId: string
  readonly lastUsedAt: Date
  readonly count: number
}

/** Adds the records to what is stored: one statement, however many. */
export async function addUses(db: Executor, uses: readonly UseRecord[]): Promise<void> {
  if (uses.length === 0) return
  // Ordered by id, so that two instances that flush at once lock rows in one order.
  const ordered = uses.toSorted((a, b) => (a.apiKeyId < b.apiKeyId ? -1 : 1))
  await sql`
    insert into api_key_usage (api_key_id, account_id, last_used_at, use_count)
    select * from unnest(
      ${ordered.map((use) => use.apiKeyId)}::uuid[],
      ${ordered.map((use) => use.accountId)}::uuid[],
      ${ordered.map((use) => use.lastUsedAt)}::timestamptz[],
      ${ordered.map((use) => use.count)}::bigint[])
    on conflict (api_key_id) do update set
      last_used_at = greatest(api_key_usage.last_used_at, excluded.last_used_at),
      use_count = api_key_usage.use_count + excluded.use_count
  `.execute(db)
}
