import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { DatabaseError } from 'pg'
import type { Database } from './database.ts'
import { listen } from './feed.ts'
import { destroyFeedConnection, type FeedConnection } from './feed-connection.ts'

/**
 * Whether what `db` announces arrives at a connection that listens. YugabyteDB has notifications
 * since 2025.2.3, behind a flag; without them it ignores LISTEN with a warning.
 */
export async function deliversNotifications(
  db: Database,
  connect: () => Promise<FeedConnection>,
  withinMs = 5_000,
): Promise<boolean> {
  const connection = await connect()
  // Another one for each process, so that none hears another's.
  const channel = `aeon_keys_probe_${randomUUID().replaceAll('-', '')}`
  try {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    connection.client.on('notification', (notification) => {
      if (notification.channel === channel) resolve(true)
    })
    if (!(await listen(connection, channel))) return false
    await sql`select pg_notify(${channel}, '')`.execute(db)
    return await Promise.race([promise, sleep(withinMs, false, { ref: false })])
  } catch (error) {
    if (error instanceof DatabaseError) return false
    throw error
  } finally {
    destroyFeedConnection(connection)
  }
}
