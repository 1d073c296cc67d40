import { sql } from 'kysely'
import type { Executor } from './database.ts'

/**
 * The clock that all instances share. What cannot be taken back rests on it, and not on the clock of
 * one instance (docs/decisions/0012-the-clock-of-the-database.md). It is that of the statement, not of
 * the transaction, which may have waited for a lock since; and an index can be read by it.
 */
export const databaseClock = sql<Date>`statement_timestamp()`

export async function readDatabaseClock(db: Executor): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select ${databaseClock} as now`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('The database tells no time.')
  return row.now
}
