import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import { type ClientBase, Pool } from 'pg'
import { CurrentHistory, type Origin } from './current-history.ts'
import { type Connection, clientOptions } from './database-url.ts'
import { StandbyError } from './faults.ts'
import { meetServer } from './history.ts'
import type { Schema } from './schema.ts'
import { sessionSettings } from './session.ts'
import { runStatement } from './tuning/run-statement.ts'
import { withoutUnresponsiveConnections } from './unresponsive-connections.ts'

/** The database, or a transaction of it: the first parameter of every function of store/. */
export type Database = Kysely<Schema>
export type Executor = Kysely<Schema> | Transaction<Schema>
export type { Transaction } from 'kysely'
export type StoreTransaction = Transaction<Schema>

export const isolationLevels = ['read committed', 'repeatable read'] as const
export type IsolationLevel = (typeof isolationLevels)[number]

export interface DatabaseOptions {
  readonly connection: Connection
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
  /** What the connections of the pool are held against; as long as nobody tells it, every history is believed. */
  readonly history: CurrentHistory
}

/** Opens a pool. Nothing is connected until the first statement. */
export function openDatabase(options: DatabaseOptions): OpenDatabase {
  const { connection } = options
  const history = new CurrentHistory()
  const origins = new WeakMap<ClientBase, Origin>()
  // The server's own limit comes first; this one is for a server that no longer answers.
  const answerWithinMs = options.statementTimeoutMs + 1_000
  const pool = new Pool({
    ...clientOptions(connection),
    application_name: 'aeon-keys',
    max: options.poolMax,
    connectionTimeoutMillis: options.connectTimeoutMs,
    idleTimeoutMillis: 60_000,
    // A plan that a connection keeps does not much outlive what the planner knew when it was made.
    maxLifetimeSeconds: 600,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    onConnect: async (client) => {
      const ask = <R>(text: string) => runStatement<R>(client, { text, values: [] }, answerWithinMs)
      const { generation } = history
      await ask(sessionSettings(options))
      const server = await meetServer(ask)
      if (server.inRecovery) throw new StandbyError()
      origins.set(client, { generation, history: server.history })
    },
  })
  pool.on('error', options.onIdleError)
  return {
    db: new Kysely<Schema>({
      dialect: new PostgresDialect({
        pool: withoutUnresponsiveConnections(pool, {
          answerWithinMs,
          connectWithinMs: options.connectTimeoutMs,
          history,
          originOf: (client) => origins.get(client),
        }),
      }),
    }),
    pool,
    history,
  }
}
