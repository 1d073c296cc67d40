import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import { type ClientBase, Pool } from 'pg'
import { CurrentHistory, type Origin } from './current-history.ts'
import { type Connection, clientOptions } from './database-url.ts'
import { StandbyError } from './faults.ts'
import { identifyServer } from './history.ts'
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
  /** How long to wait for a connection, in milliseconds; after that, the request gets 503. */
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly isolation?: IsolationLevel
  /** Called for each connection that breaks while idle. */
  readonly onIdleError: (error: Error) => void
}

export interface OpenDatabase {
  readonly db: Database
  readonly pool: Pool
  /**
   * The history that connections are checked against. Before it is known, every history is
   * admitted.
   */
  readonly history: CurrentHistory
}

/** Opens a pool. The first statement makes the first connection. */
export function openDatabase(options: DatabaseOptions): OpenDatabase {
  const { connection } = options
  const history = new CurrentHistory()
  const origins = new WeakMap<ClientBase, Origin>()
  // The server's own limit fires first; this one is for a server that no longer answers.
  const answerWithinMs = options.statementTimeoutMs + 1_000
  const pool = new Pool({
    ...clientOptions(connection),
    application_name: 'aeon-keys',
    max: options.poolMax,
    connectionTimeoutMillis: options.connectTimeoutMs,
    idleTimeoutMillis: 60_000,
    // Bounds the life of a prepared statement's plan: the statistics that it was made from age.
    maxLifetimeSeconds: 600,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    onConnect: async (client) => {
      const ask = <R>(text: string) => runStatement<R>(client, { text, values: [] }, answerWithinMs)
      const { generation } = history
      await ask(sessionSettings(options))
      const server = await identifyServer(ask)
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
