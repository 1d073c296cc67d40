import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { DatabaseError } from 'pg'
import type { Database } from './database.ts'
import { MigrationRecord } from './migration-record.ts'
import { requireUsable } from './requirements.ts'
import { retryWhileLosing } from './retry.ts'
import { splitStatements } from './sql-statements.ts'

const ownFolder = join(import.meta.dirname, '../../migrations')

/** How the schema of a database compares with this version of the service. */
export interface SchemaState {
  /** Migrations of this version that the database lacks. */
  readonly missing: readonly string[]
  /** Migrations that this version does not know: the schema of a later version. */
  readonly unknown: readonly string[]
}

/**
 * Migrates the schema to this version: runs each missing numbered file of the folder once, safely
 * beside other processes that start at the same time. Each file is recorded by itself, in the
 * transaction that runs it. YugabyteDB commits each statement that defines something at once, so
 * that a file may have run in part when its transaction fails: every statement may be run again,
 * and the next call goes on from that file. The schema of a later version is left as it is: each
 * version runs on the schema of the next. Returns the names of the migrations that ran. Throws like
 * loadSchemaState.
 */
export async function migrate(db: Database, folder = ownFolder): Promise<string[]> {
  const { missing } = await loadSchemaState(db, folder)
  if (missing.length === 0) return []
  const record = new MigrationRecord(await requireUsable(db, 'owner'))
  await record.create(db)
  const ran: string[] = []
  for (const name of missing) {
    const statements = splitStatements(await readFile(join(folder, `${name}.sql`), 'utf8'))
    if (await runMigration(db, record, { name, statements })) ran.push(name)
  }
  await loadSchemaState(db, folder)
  return ran
}

/**
 * Loads which migrations the database has. Throws an Error when its schema is none that any version
 * made: tables of ours without a migration record, or a record with gaps.
 */
export async function loadSchemaState(db: Database, folder = ownFolder): Promise<SchemaState> {
  const known = await namesIn(folder)
  const recorded = await loadRecord(db, await requireUsable(db, 'user'))
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

interface NamedMigration {
  readonly name: string
  readonly statements: readonly string[]
}

/** Whether this call ran the migration: another process may have been first. */
async function runMigration(
  db: Database,
  record: MigrationRecord,
  { name, statements }: NamedMigration,
): Promise<boolean> {
  let current = ''
  try {
    return await retryWhileLosing(() =>
      record.whileLocked(db, async (trx) => {
        if ((await record.load(trx)).includes(name)) return false
        for (const statement of statements) {
          current = statement
          // YugabyteDB runs it in a transaction of its own, even if this one has lost its lock.
          if (!(await record.tryLock(trx))) throw new Error('The lock of the migrations was lost.')
          await sql.raw(statement).execute(trx)
        }
        await record.add(trx, name)
        return true
      }),
    )
  } catch (error) {
    if (!(error instanceof DatabaseError) || current === '') throw error
    throw new Error(
      `The migration ${name} failed: ${error.message}. Statement: ${withoutComments(current)}`,
      {
        cause: error,
      },
    )
  }
}

/**
 * Only of our own schema, the first of the search path: another one may hold another installation.
 */
async function loadRecord(db: Database, schema: string): Promise<readonly string[]> {
  const found = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = ${schema}
      and tablename in ('kysely_migration', 'account', 'api_key')`.execute(db)
  const tables = found.rows.length > 0
  if (found.rows.some(({ name }) => name === 'kysely_migration')) {
    return new MigrationRecord(schema).load(db)
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

function withoutComments(statement: string): string {
  return statement.replaceAll(/--[^\n]*\n/g, '').trim()
}
