import type { Client } from 'pg'
import { until } from './until.ts'

/** Resolves once that many sessions of the client's database wait for a lock. */
export async function untilBlocked(client: Client, sessions = 1): Promise<void> {
  await until(`${sessions} sessions wait for a lock`, async () => {
    // Inside a transaction the list of sessions is a snapshot, which would miss newer sessions.
    await client.query('select pg_stat_clear_snapshot()')
    const { rowCount } = await client.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return (rowCount ?? 0) >= sessions
  })
}
