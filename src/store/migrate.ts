import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { Database } from './database.ts'
import { requireUsable } from './requirements.ts'

const ownFolder = join(import.meta.dirname, '../../migrations')

/** How the schema of a database compares with this version of the service. */
export interface SchemaState {
  /** Migrations of this version that the database lacks. */
  readonly missing: readonly string[]
  /** Migrations that this version does not know: the schema of a later version. */
  readonly unknown: readonly string[]
}

/**
 * Migrates the schema to this version: runs each missing numbered file of the folder once, all in
 * one transaction, safely beside other processes that start at the same time. The schema of a later
 * version is left as it is: each version runs on the schema of the next. Returns the names of the
 * migrations that ran. Throws like loadSchemaState.
 */
export async function migrate(db: Database, folder = ownFolder): Promise<string[]> {
  if ((await loadSchemaState(db, folder)).missing.length === 0) return []
  const schema = await requireUsable(db, 'owner')
  const migrations = await loadMigrations(folder)
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    // Tables of the same names in another schema belong to another application.
    migrationTableSchema: schema,
  })
  const { error, results } = await migrator.migrateToLatest()
  if (error === undefined) return (results ?? []).map((result) => result.migrationName)
  // A later version that started at the same time may have been first, which Kysely reports as an
  // error.
  if ((await loadSchemaState(db, folder)).missing.length === 0) return []
  throw error
}

/**
 * Loads which migrations the database has. Throws an Error when its schema is none that any version
 * made: tables of ours without a migration record, or a record with gaps.
 */
export async function loadSchemaState(db: Database, folder = ownFolder): Promise<SchemaState> {
  const known = await namesIn(folder)
  const recorded = await readRecord(db, await requireUsable(db, 'user'))
  const missing = known.filter((name) => !recorded.includes(name))
  const unknown = recorded.filter((name) => !known.includes(name))
  const isPrefix = known.slice(0, known.length - missing.length).every((n) => recorded.includes(n))
  if (isPrefix && (missing.length === 0 || unknown.length === 0)) return { missing, unknown }
  const strangers = unknown.length === 0 ? '' : ` and has ${unknown.join(', ')}`
  const last = known.findLast((name) => recorded.includes(name))
  const way =
    unknown.length === 0 || last === undefined
      ? ''
      : ` To upgrade such a database, first run the version of aeon-keys that has both ${last} ` +
        `and ${unknown.join(', ')} until its schema has ${missing[0]}; if there is none, start from a ` +
        'backup made before.'
  throw new Error(
    `The schema belongs to no version of aeon-keys: the schema lacks ${missing.join(', ')}${strangers}. ` +
      `Check that DATABASE_URL names the right database.${way}`,
  )
}

/**
 * Only of our own schema, the first of the search path: another one may hold another installation.
 */
async function readRecord(db: Database, schema: string): Promise<readonly string[]> {
  const found = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = ${schema}
      and tablename in ('kysely_migration', 'account', 'api_key')`.execute(db)
  const tables = found.rows.length > 0
  if (found.rows.some(({ name }) => name === 'kysely_migration')) {
    const { rows } = await sql<{ name: string }>`
      select name from ${sql.id(schema, 'kysely_migration')} order by name`.execute(db)
    return rows.map((row) => row.name)
  }
  if (!tables) return []
  throw new Error(
    'The database has tables with the names of aeon-keys tables, but no record of migrations. ' +
      'Check that DATABASE_URL names the right database. A new database must be empty.',
  )
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()
  return files.map((file) => file.slice(0, -'.sql'.length))
}

async function loadMigrations(folder: string): Promise<Record<string, Migration>> {
  const migrations = (await namesIn(folder)).map(async (name): Promise<[string, Migration]> => {
    const text = await readFile(join(folder, `${name}.sql`), 'utf8')
    return [name, { up: async (db) => void (await sql.raw(text).execute(db)) }]
  })
  return Object.fromEntries(await Promise.all(migrations))
}
