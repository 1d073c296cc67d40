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
  const startedAt = performance.now()
  while (!(await condition())) {
    const waitedMs = performance.now() - startedAt
    if (waitedMs > deadlineMs) throw new Error(`Waited in vain for ${condition}`)
    // Most conditions are queries: those who wait long ask less often.
    await sleep(Math.min(2 + waitedMs / 10, 50))
  }
}
