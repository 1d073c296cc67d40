import { createLog } from '../log.ts'
import { openServiceDatabase } from '../prepare.ts'
import { migrate } from '../store/migrate.ts'
import type { CommandContext } from './command.ts'

/** A migration may read whole tables; requests may not take as long. */
const statementTimeoutMs = 600_000

/** Brings the schema up to this version, and says what ran. */
export async function migrateCommand({ config, connection }: CommandContext): Promise<string> {
  const { db } = openServiceDatabase({
    config: { ...config, DATABASE_STATEMENT_TIMEOUT_MS: statementTimeoutMs },
    connection,
    log: createLog('warn'),
  })
  try {
    const ran = await migrate(db)
    return ran.length === 0
      ? 'The schema has every migration of this version.'
      : `Ran ${ran.join(', ')}.`
  } finally {
    await db.destroy()
  }
}
