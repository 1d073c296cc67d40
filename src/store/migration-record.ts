import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { DatabaseError } from 'pg'
import type { Database, Executor, StoreTransaction } from './database.ts'

/** How long to wait for another process that migrates, and how often to look. */
const waitMs = 600_000
const lookEveryMs = 100
const maxAttempts = 20

/**
 * The migrations that a database has run, in the tables that Kysely's migrator made for earlier
 * versions, and its lock.
 */
export class MigrationRecord {
  readonly #schema: string

  constructor(schema: string) {
    this.#schema = schema
  }

  /** Creates the tables of the record where they are missing. */
  async create(db: Database): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        for (const statement of this.#statements()) await statement.execute(db)
        return
      } catch (error) {
        // IF NOT EXISTS does not see a table that another process is just creating.
        const isBeaten = error instanceof DatabaseError && beaten.has(error.code ?? '')
        if (!isBeaten || attempt >= maxAttempts) throw error
        await sleep(attempt * 20)
      }
    }
  }

  async load(db: Executor): Promise<readonly string[]> {
    const { rows } = await sql<{ name: string }>`
      select name from ${this.#table('kysely_migration')} order by name`.execute(db)
    return rows.map((row) => row.name)
  }

  async add(trx: StoreTransaction, name: string): Promise<void> {
    await sql`insert into ${this.#table('kysely_migration')} (name, timestamp)
      values (${name}, ${new Date().toISOString()})`.execute(trx)
  }

  /**
   * Whether the transaction has the lock of the record, until it ends. The lock is a row lock: a
   * session-level lock would stay on the server connection that a transaction pooler lent.
   */
  async tryLock(trx: StoreTransaction): Promise<boolean> {
    const { rows } = await sql`select id from ${this.#table('kysely_migration_lock')}
      where id = 'migration_lock' for update skip locked`.execute(trx)
    return rows.length > 0
  }

  /**
   * Runs `act` in a transaction that has the lock. While another process has it, no statement
   * waits: a migration may take longer than a statement may.
   */
  async whileLocked<T>(db: Database, act: (trx: StoreTransaction) => Promise<T>): Promise<T> {
    for (const deadline = performance.now() + waitMs; performance.now() < deadline; ) {
      const done = await db.transaction().execute(async (trx) => {
        return (await this.tryLock(trx)) ? { result: await act(trx) } : undefined
      })
      if (done !== undefined) return done.result
      await sleep(lookEveryMs)
    }
    throw new Error('Another process has been migrating this database for ten minutes.')
  }

  #table(name: string) {
    return sql.id(this.#schema, name)
  }

  #statements() {
    const lock = this.#table('kysely_migration_lock')
    return [
      sql`create table if not exists ${this.#table('kysely_migration')}
        (name varchar(255) primary key, timestamp varchar(255) not null)`,
      sql`create table if not exists ${lock}
        (id varchar(255) primary key, is_locked integer default 0 not null)`,
      sql`insert into ${lock} (id) values ('migration_lock') on conflict (id) do nothing`,
    ]
  }
}

/**
 * unique_violation (of the catalogue), duplicate_table, duplicate_object (the type of the table),
 * serialization_failure, and internal_error: "tuple concurrently updated".
 */
const beaten = new Set(['23505', '42P07', '42710', '40001', 'XX000'])
