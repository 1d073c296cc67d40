import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Pool, type PoolClient } from 'pg'
import type { Test } from 'tap'
import { type DatabaseOptions, type OpenDatabase, openDatabase } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'

/**
 * Many test files copy the template at once, which takes each of them seconds on a busy machine.
 */
const copyWithinMs = 120_000

export interface TestDatabase {
  readonly name: string
  /** For DATABASE_URL and for pg. */
  readonly url: string
  drop(): Promise<void>
}

/** A migrated database of its own: a copy of a template, which the first caller makes. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`
  const source = await ensureTemplate()
  await asAdmin((admin) => createFrom(admin, name, source))
  return databaseNamed(name)
}

/**
 * A test database whose sessions look for a deadlock after 20 ms instead of a second; dropped at
 * the end of the test.
 */
export async function createImpatientDatabase(t: Test): Promise<TestDatabase> {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  await asAdmin((admin) =>
    admin.query(`alter database ${database.name} set deadlock_timeout = '20ms'`),
  )
  return database
}

/** An empty database. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await asAdmin((admin) => admin.query(`create database ${name}`))
  return databaseNamed(name)
}

let administrators: Pool | undefined

/**
 * Runs `act` on a connection to the server's own database, which later calls use again: a new one
 * takes the server 5 ms of CPU time, as long as it takes to drop a database.
 */
export async function asAdmin<T>(act: (admin: PoolClient) => Promise<T>): Promise<T> {
  administrators ??= openAdministrators()
  const admin = await administrators.connect()
  try {
    return await act(admin)
  } finally {
    admin.release()
  }
}

/** Idle connections keep no process alive. */
function openAdministrators(): Pool {
  const pool = new Pool({
    connectionString: serverUrl(),
    allowExitOnIdle: true,
    idleTimeoutMillis: 60_000,
  })
  pool.on('error', () => undefined)
  return pool
}

function databaseNamed(name: string): TestDatabase {
  return {
    name,
    url: urlOf(name),
    drop: async () => {
      await asAdmin((admin) => admin.query(`drop database if exists ${name} with (force)`))
    },
  }
}

/** A pool for a database, of one connection by default. */
export function openTestDatabase(
  connection: string,
  options: Partial<Omit<DatabaseOptions, 'connection'>> = {},
): OpenDatabase {
  return openDatabase({
    connection,
    poolMax: 1,
    connectTimeoutMs: 60_000,
    statementTimeoutMs: 60_000,
    onIdleError: () => undefined,
    ...options,
  })
}

/** The template that this process has asked for. */
let template: Promise<string> | undefined

function ensureTemplate(): Promise<string> {
  template ??= findOrMakeTemplate()
  return template
}

/** The template of this version's migrations. Many processes ask at once: one makes it. */
async function findOrMakeTemplate(): Promise<string> {
  const name = `template_${await digestOfMigrations()}`
  await asAdmin(async (admin) => {
    await admin.query('select pg_advisory_lock(727272)')
    try {
      const { rowCount } = await admin.query('select from pg_database where datname = $1', [name])
      if (rowCount === 0) await makeTemplate(admin, name)
    } finally {
      await admin.query('select pg_advisory_unlock(727272)')
    }
  })
  return name
}

async function makeTemplate(admin: PoolClient, name: string): Promise<void> {
  const draft = `${name}_draft`
  await admin.query(`drop database if exists ${draft} with (force)`)
  await admin.query(`create database ${draft}`)
  const { db } = openTestDatabase(urlOf(draft))
  await migrate(db)
  await db.destroy()
  await admin.query(`alter database ${draft} rename to ${name}`)
}

/**
 * A template must have no session while it is copied, and a concurrent copy is such a session for a
 * moment. Copying its files takes a third of the time of copying its pages through the write-ahead
 * log.
 */
async function createFrom(admin: PoolClient, name: string, source: string): Promise<void> {
  for (const deadline = performance.now() + copyWithinMs; ; ) {
    try {
      await admin.query(`create database ${name} template ${source} strategy file_copy`)
      return
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

async function digestOfMigrations(): Promise<string> {
  const folder = join(import.meta.dirname, '../../migrations')
  const hash = createHash('sha256')
  for (const file of (await readdir(folder)).sort()) hash.update(await readFile(join(folder, file)))
  return hash.digest('hex').slice(0, 16)
}

function serverUrl(): string {
  const url = process.env.TEST_DATABASE_URL
  if (url === undefined) throw new Error('TEST_DATABASE_URL is not set: run the tests by npm test.')
  return url
}

function urlOf(name: string): string {
  return serverUrl().replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${name}`)
}
