import type { Database } from '../store/database.ts'
import { readSchemaState } from '../store/migrate.ts'

/** Throws an Error unless this version of the service was started on the database before. */
export async function requireStartedDatabase(db: Database): Promise<void> {
  if ((await readSchemaState(db)).missing.length === 0) return
  throw new Error('This version has never been started on this database: start it first.')
}
