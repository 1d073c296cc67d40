import { createLog } from '../process/log.ts'
import type { Config } from '../settings/settings-schema.ts'
import type { DatabaseOptions } from '../store/database.ts'

/**
 * The configured database. The embedded one is started if no service runs on it, and stopped
 * afterwards.
 */
export async function withDatabase<T>(
  config: Config,
  act: (connection: DatabaseOptions['connection']) => Promise<T>,
): Promise<T> {
  if (config.DATABASE_URL !== undefined) return act(config.DATABASE_URL)
  const { findRunningEmbeddedPostgres, hasEmbeddedPostgres, startEmbeddedPostgres } = await import(
    '../embedded/postgres.ts'
  )
  const running = await findRunningEmbeddedPostgres(config.DATA_DIR)
  if (running !== undefined) return act(running)
  if (!(await hasEmbeddedPostgres(config.DATA_DIR))) {
    throw new Error(
      'No database found. Set DATABASE_URL, or the DATA_DIR of the service, and start the service first.',
    )
  }
  const embedded = await startEmbeddedPostgres({ dataDir: config.DATA_DIR, log: createLog('warn') })
  try {
    return await act(embedded.connection)
  } finally {
    await embedded.stop()
  }
}
