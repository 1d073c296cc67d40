import { Client } from 'pg'
import type { History } from '../domain/protocol/history.ts'
import { identifyServer } from './history.ts'
import { requireFit } from './server-fitness.ts'
import type { DatabaseServers } from './servers/database-servers.ts'
import { sessionSettings } from './session.ts'

/**
 * A connection of its own, outside every pool: for an instance's sync cycles, or for its listener.
 */
export interface FeedConnection {
  readonly client: Client
  /** The SQL expression for the history of this server. */
  readonly history: string
  /** The history when the connection was made. */
  readonly met: History | null
}

export interface FeedConnectionOptions {
  readonly servers: DatabaseServers
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
  /** Whether a session that finds no tables of ours is refused. */
  readonly needsTables?: boolean
}

/** Opens a connection, which the caller ends or destroys. Throws like requireFit. */
export async function openFeedConnection(options: FeedConnectionOptions): Promise<FeedConnection> {
  return options.servers.connect(() => openOne(options))
}

async function openOne({
  servers,
  connectTimeoutMs,
  statementTimeoutMs,
  needsTables = false,
}: FeedConnectionOptions): Promise<FeedConnection> {
  const { connectionTimeoutMillis = connectTimeoutMs, ...chosen } = servers.options
  const client = new Client({
    ...chosen,
    application_name: 'aeon-keys feed',
    connectionTimeoutMillis: Math.min(connectTimeoutMs, connectionTimeoutMillis),
    // The server's own limit fires first, but not on a server that has become unresponsive.
    query_timeout: statementTimeoutMs,
    keepAlive: true,
  })
  // The next statement or `end` rejects with the error of an idle connection.
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(sessionSettings({ statementTimeoutMs }))
    const server = await identifyServer((text) => client.query(text))
    requireFit(server, needsTables)
    // For the whole session: each acknowledgement is a transaction of its own.
    await client.query(`select set_config('synchronous_commit', 'on', false)
      where current_setting('synchronous_commit') in ('off', 'local', 'remote_write')`)
    return { client, history: server.expression, met: server.history }
  } catch (error) {
    void client.end().catch(() => undefined)
    throw error
  }
}

/** Drops a connection at once: the statement under way on it fails. */
export function destroyFeedConnection({ client }: FeedConnection): void {
  // `end` closes the socket at once while a statement is under way, and otherwise sends Terminate.
  client.end().catch(() => undefined)
}
