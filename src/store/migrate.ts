import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { Database } from './database.ts'

const folder = join(import.meta.dirname, '../../migrations')

/**
 * Brings the schema up to this version: each numbered file of migrations/ once, all that are missing
 * in one transaction, whoever else starts at the same time. A schema that is newer than this version
 * is left as it is: each version runs beside the schema of the next. Returns the names of those that ran.
 */
export async function migrate(db: Database): Promise<string[]> {
  const migrations = await readMigrations()
  if ((await missingMigrations(db)).length === 0) return []
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error, results } = await migrator.migrateToLatest()
  if (error !== undefined) throw error
  return (results ?? []).map((result) => result.migrationName)
}

/** The migrations of this version that the database does not have. */
export async function missingMigrations(db: Database): Promise<string[]> {
  const { rows } = await sql<{ exists: boolean }>`
    select to_regclass('kysely_migration') is not null as exists`.execute(db)
  const names = Object.keys(await readMigrations())
  if (rows[0]?.exists !== true) return names
  const done = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
  const known = new Set(done.rows.map((row) => row.name))
  return names.filter((name) => !known.has(name))
}

async function readMigrations(): Promise<Record<string, Migration>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()
  const migrations = files.map(async (file): Promise<[string, Migration]> => {
    const text = await readFile(join(folder, file), 'utf8')
    return [
      file.slice(0, -'.sql'.length),
      { up: async (db) => void (await sql.raw(text).execute(db)) },
    ]
  })
  return Object.fromEntries(await Promise.all(migrations))
}
