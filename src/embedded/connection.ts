import { Client, escapeIdentifier } from 'pg'

import { SERVER_USER } from './cluster.ts'
import { SOCKET_PORT } from './socket-folder.ts'

/** The connection for pg: `host` is the folder of the private Unix socket. */
export interface Connection {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

const SERVICE_DATABASE = 'aeon_keys'
const MAINTENANCE_DATABASE = 'postgres'
const ANSWER_TIMEOUT_MS = 1_000

/** The connection to the service's database on the server behind this socket. */
export function serviceConnection(socketDir: string): Connection {
  return { host: socketDir, port: SOCKET_PORT, user: SERVER_USER, database: SERVICE_DATABASE }
}

/** Whether a server behind this socket accepts sessions; false while it starts or stops. */
export async function answers(socketDir: string): Promise<boolean> {
  try {
    await withClient(socketDir, (client) => client.query('select'))
    return true
  } catch {
    return false
  }
}

/** Creates the service's database if it is missing. */
export async function ensureDatabase(socketDir: string): Promise<void> {
  await withClient(socketDir, async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [
      SERVICE_DATABASE,
    ])
    if (rowCount === 0) await client.query(`create database ${escapeIdentifier(SERVICE_DATABASE)}`)
  })
}

async function withClient<T>(socketDir: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    ...serviceConnection(socketDir),
    database: MAINTENANCE_DATABASE,
    ssl: false,
    connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
  })
  client.on('error', () => {
    // The pending query rejects with the same error.
  })
  try {
    await client.connect()
    return await use(client)
  } finally {
    await client.end()
  }
}
