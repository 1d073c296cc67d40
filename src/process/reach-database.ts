import type { Logger } from 'pino'
import type { Config } from '../settings/settings-schema.ts'
import type { DatabaseOptions } from '../store/database.ts'

export interface ReachedDatabase {
  readonly connection: DatabaseOptions['connection']
  readonly isEmbedded: boolean
  stop(): Promise<void>
}

/** The configured database, or an embedded one, which this process then runs. */
export async function reachDatabase(config: Config, log: Logger): Promise<ReachedDatabase> {
  if (config.DATABASE_URL !== undefined) {
    return { connection: config.DATABASE_URL, isEmbedded: false, stop: async () => undefined }
  }
  const { startEmbeddedPostgres } = await import('../embedded/postgres.ts')
  const embedded = await startEmbeddedPostgres({ dataDir: config.DATA_DIR, log })
  return { connection: embedded.connection, isEmbedded: true, stop: () => embedded.stop() }
}
