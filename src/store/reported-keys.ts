import { sql } from 'kysely'
import type { Database } from './database.ts'

/** What must be known of a key to count what an edge reports of it. */
export interface ReportedKey {
  readonly id: string
  readonly accountId: string
  readonly name: string
  readonly createdAt: Date
}

/** The keys that exist, by their ids, which are in lower case. */
export async function findReportedKeys(
  db: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ReportedKey>> {
  const rows = await db
    .selectFrom('api_key')
    .select(['id', 'account_id', 'name', 'created_at'])
    .where('id', '=', sql<string>`any(${ids}::uuid[])`)
    .execute()
  return new Map(
    rows.map(({ id, account_id: accountId, name, created_at: createdAt }) => [
      id,
      { id, accountId, name, createdAt },
    ]),
  )
}
