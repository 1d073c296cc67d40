import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'

/**
 * Reached only when a wait goes wrong: a busy machine may take many times as long as an idle one.
 */
const deadlineMs = 120_000

/** Resolves once that many sessions of the client's database wait for a lock. */
export async function untilBlocked(client: Client, sessions = 1): Promise<void> {
  await until(async () => {
    // Inside a transaction the list of sessions is a snapshot, which would miss newer sessions.
    await client.query('select pg_stat_clear_snapshot()')
    const { rowCount } = await client.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return (rowCount ?? 0) >= sessions
  })
}

/** Resolves once the condition holds; rejects when that takes too long. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + deadlineMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${condition}`)
    await sleep(2)
  }
}
