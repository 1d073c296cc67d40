import { createLog } from '../process/log.ts'
import { openConfiguredDatabase } from '../process/prepare.ts'
import { migrate } from '../store/migrate.ts'
import type { Command } from './command.ts'

/** A migration may read whole tables, which takes longer than any request may. */
const statementTimeoutMs = 600_000

/** Migrates the schema to this version, and lists the migrations that ran. */
export const migrateCommand: Command = {
  summary: 'Migrate the schema to this version, for instances that run with MIGRATE=off.',
  details: 'Connects to DATABASE_OWNER_URL, if set.',
  options: [],
  asOwner: true,
  async run({ config, connection }) {
    const database = openConfiguredDatabase({
      config: { ...config, DATABASE_STATEMENT_TIMEOUT_MS: statementTimeoutMs },
      connection,
      log: createLog('warn'),
    })
    const { db } = database
    try {
      const ran = await migrate(db)
      const text = ran.length === 0 ? 'The schema is up to date.' : `Ran ${ran.join(', ')}.`
      return { text, json: { migrations: ran } }
    } finally {
      await database.close()
    }
  },
}
