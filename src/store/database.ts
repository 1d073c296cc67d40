import { Kysely, PostgresDialect, type PostgresPool, type Transaction } from 'kysely'
import { Client, type ClientBase, type ClientConfig, Pool } from 'pg'
import { CurrentHistory, type Origin } from './current-history.ts'
import { identifyServer } from './history.ts'
import type { Schema } from './schema.ts'
import { requireFit } from './server-fitness.ts'
import { DatabaseServers, type DatabaseServersOptions } from './servers/database-servers.ts'
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

export interface DatabaseOptions extends DatabaseServersOptions {
  readonly poolMax: number
  /** How long to wait for a connection, in milliseconds; after that, the request gets 503. */
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly isolation?: IsolationLevel
  /** Called with the error of each connection that breaks while idle. */
  readonly onIdleError: (error: Error) => void
}

export interface OpenDatabase {
  readonly db: Database
  readonly pool: Pool
  /** The history that connections must be of; until it is known, every history is admitted. */
  readonly history: CurrentHistory
}

/** Opens a database by one pool. Nothing is connected until the first statement. */
export function openDatabase(options: DatabaseOptions): OpenDatabase {
  const history = new CurrentHistory()
  const servers = new DatabaseServers(options)
  const { pool, connections } = openPool({
    ...options,
    servers,
    history,
    applicationName: 'aeon-keys',
  })
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: connections }) })
  return { db, pool, history }
}

export interface PoolOptions extends Omit<DatabaseOptions, 'connection' | 'graceMs' | 'log'> {
  /** Shared by all pools of a process: what one has found out serves the others. */
  readonly servers: DatabaseServers
  /** Shared by all pools of a process: after a promotion none of them uses the deposed primary. */
  readonly history: CurrentHistory
  /** Names the connections of the pool in `pg_stat_activity`. */
  readonly applicationName: string
}

export interface OpenPool {
  readonly pool: Pool
  /** The pool as Kysely takes its connections; `end` closes the pool. */
  readonly connections: PostgresPool
}

/** Opens a pool. Nothing is connected until a connection is taken. */
export function openPool(options: PoolOptions): OpenPool {
  const { servers, history } = options
  const origins = new WeakMap<ClientBase, Origin>()
  // The server's own limit fires first; this one is for a server that no longer answers.
  const answerWithinMs = options.statementTimeoutMs + 1_000
  const pool = new Pool({
    // Each new connection leads to the server that was chosen last.
    Client: class extends Client {
      constructor(config: ClientConfig = {}) {
        super({ ...config, ...servers.options, application_name: options.applicationName })
      }
    },
    max: options.poolMax,
    connectionTimeoutMillis: options.connectTimeoutMs,
    idleTimeoutMillis: 60_000,
    // Bounds the life of a prepared statement's plan: the statistics that it was made from age.
    maxLifetimeSeconds: 600,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    onConnect: async (client) => {
      const ask = <R>(text: string) => runStatement<R>(client, { text, values: [] }, answerWithinMs)
      const { historyNumber } = history
      await ask(sessionSettings(options))
      const server = await identifyServer(ask)
      requireFit(server, history.isFollowed)
      origins.set(client, { historyNumber, history: server.history })
    },
  })
  pool.on('error', options.onIdleError)
  return {
    pool,
    connections: withoutUnresponsiveConnections(pool, {
      answerWithinMs,
      connectWithinMs: options.connectTimeoutMs,
      servers,
      history,
      originOf: (client) => origins.get(client),
    }),
  }
}
