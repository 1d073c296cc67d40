import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import { Pool, type PoolConfig } from 'pg'
import { withoutDeafConnections } from './deaf-connections.ts'
import type { Schema } from './schema.ts'

/** The database, or a transaction of it: the first parameter of every function of store/. */
export type Database = Kysely<Schema>
export type Executor = Kysely<Schema> | Transaction<Schema>
export type { Transaction } from 'kysely'
export type StoreTransaction = Transaction<Schema>

export const isolationLevels = ['read committed', 'repeatable read'] as const
export type IsolationLevel = (typeof isolationLevels)[number]

export interface DatabaseOptions {
  /** A connection string, or the parts of the embedded server's connection. */
  readonly connection: string | Pick<PoolConfig, 'host' | 'port' | 'user' | 'database'>
  readonly poolMax: number
  /** How long to wait for a connection, in milliseconds: past it the answer is 503. */
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly isolation?: IsolationLevel
  /** Told of each connection that breaks while idle. */
  readonly onIdleError: (error: Error) => void
}

export interface OpenDatabase {
  readonly db: Database
  readonly pool: Pool
}

/** Opens a pool. Nothing is connected until the first statement. */
export function openDatabase(options: DatabaseOptions): OpenDatabase {
  const { connection } = options
  const pool = new Pool({
    ...(typeof connection === 'string' ? { connectionString: connection } : connection),
    application_name: 'aeon-keys',
    max: options.poolMax,
    connectionTimeoutMillis: options.connectTimeoutMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    // The server's own limit comes first; this one is for a server that no longer answers.
    query_timeout: options.statementTimeoutMs + 1_000,
    onConnect: async (client) => {
      await client.query(sessionSettings(options))
    },
  })
  pool.on('error', options.onIdleError)
  return {
    db: new Kysely<Schema>({
      dialect: new PostgresDialect({ pool: withoutDeafConnections(pool) }),
    }),
    pool,
  }
}

/**
 * Set by statement, not in the start-up packet, which poolers refuse. An operator's
 * default_transaction_isolation must not change what the transactions of store/ rely on.
 */
function sessionSettings(options: DatabaseOptions): string {
  const isolation = options.isolation ?? 'read committed'
  return [
    `set statement_timeout = ${options.statementTimeoutMs}`,
    `set idle_in_transaction_session_timeout = ${options.statementTimeoutMs * 2}`,
    `set default_transaction_isolation = '${isolation}'`,
    `set timezone = 'UTC'`,
  ].join('; ')
}
