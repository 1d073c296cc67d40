import { sql } from 'kysely'
import type { Executor } from './database.ts'

/**
 * The one clock that all instances share. What cannot be undone is decided by it and not by the
 * clock of an instance (docs/decisions/0012-the-clock-of-the-database.md). It is the clock of the
 * statement, not of the transaction, which may have waited for a lock since; and the planner can
 * use it with an index.
 */
export const databaseClock = sql<Date>`statement_timestamp()`

/** The time of the database when it ran the statement; the answer is older by its way back. */
export async function loadDatabaseClock(db: Executor): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select ${databaseClock} as now`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('The database returned no time.')
  return row.now
}

/**
 * The time of an update of a row with `updated_at`: later than that of the previous update, also if
 * the clock of this instance is behind that of another.
 */
export function nextUpdate(now: Date) {
  return sql<Date>`greatest(${now}::timestamptz, updated_at + interval '1 millisecond')`
}
