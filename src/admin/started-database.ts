import { readFile } from 'node:fs/promises'
import { createLog } from '../process/log.ts'
import { openConfiguredDatabase } from '../process/prepare.ts'
import type { Database } from '../store/database.ts'
import { loadSchemaState } from '../store/migrate.ts'
import { requireSchema } from '../store/relied-on.ts'
import type { CommandContext } from './command.ts'

/**
 * Runs `act` on a database on which this version has been started before. Throws an Error
 * otherwise.
 */
export async function withStartedDatabase<T>(
  { config, connection }: CommandContext,
  act: (db: Database) => Promise<T>,
): Promise<T> {
  const database = openConfiguredDatabase({ config, connection, log: createLog('warn') })
  try {
    await requireStartedDatabase(database.db)
    return await act(database.db)
  } finally {
    await database.close()
  }
}

/** Throws an Error unless this version of the service has been started on the database before. */
export async function requireStartedDatabase(db: Database): Promise<void> {
  if ((await loadSchemaState(db)).missing.length > 0) {
    throw new Error(
      'The schema of the database is missing or older than this version. Start the service, or run migrate, first.',
    )
  }
  await requireSchema(db)
}

/**
 * Reads the file that an option names. Throws an Error that says which file cannot be read, and
 * why.
 */
export async function loadNamedFile(what: string, file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new Error(`Failed to read the ${what}: ${error.message}`)
  })
}
