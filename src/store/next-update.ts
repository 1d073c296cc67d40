import { sql } from 'kysely'

/**
 * The time of an update of a row with `updated_at`: later than that of the previous update, also if
 * the clock of this instance is behind that of another.
 */
export function nextUpdate(now: Date) {
  return sql<Date>`greatest(${now}::timestamptz, updated_at + interval '1 millisecond')`
}
