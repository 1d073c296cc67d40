import { Socket } from 'node:net'
import { Client, type ClientConfig, type QueryResult } from 'pg'
import { isNotOffered } from '../faults.ts'
import { identifyServer } from '../history.ts'

/** What a server says of itself when it is asked whether to use it. */
export interface ServerReport {
  readonly isStandby: boolean
  /** Whether sessions may not write, by a setting of the server, the database or the role. */
  readonly isReadOnly: boolean
  /** Of the cluster: a standby has that of its primary. Undefined where servers have none. */
  readonly systemId: string | undefined
  /** Promotions raise it; 0 if unknown. */
  readonly timeline: number
}

/**
 * Logs in to a server and asks what it is. Rejects as `pg` does, and when there is no answer within
 * `withinMs` milliseconds or before the signal.
 */
export async function probeServer(
  options: ClientConfig,
  withinMs: number,
  signal: AbortSignal,
): Promise<ServerReport> {
  const socket = new Socket()
  const client = new Client({
    ...options,
    application_name: 'aeon-keys search',
    stream: () => socket,
  })
  // What is under way rejects with the same error.
  client.on('error', () => undefined)
  const late = Promise.withResolvers<never>()
  const giveUp = (): void => {
    late.reject(new Error(`no response within ${Math.round(withinMs)} ms`))
    socket.destroy()
  }
  const timer = setTimeout(giveUp, withinMs)
  signal.addEventListener('abort', giveUp)
  const asked = ask(client)
  try {
    return await Promise.race([asked, late.promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
    asked.catch(() => undefined)
    client.end().catch(() => undefined)
  }
}

async function ask(client: Client): Promise<ServerReport> {
  await client.connect()
  const { rows } = await client.query<{ standby: boolean; read_only: boolean }>(
    `select pg_is_in_recovery() as standby,
      current_setting('transaction_read_only') = 'on' as read_only`,
  )
  const { history, product } = await identifyServer((text) => client.query(text))
  return {
    isStandby: rows[0]?.standby === true,
    isReadOnly: rows[0]?.read_only === true,
    // On YugabyteDB that of the node, not of the cluster.
    systemId: product.name === 'YugabyteDB' ? undefined : await loadSystemId(client),
    timeline: history === null ? 0 : Number.parseInt(history.identity.slice(0, 8), 16),
  }
}

/** Not every product that speaks the protocol has this function. */
async function loadSystemId(client: Client): Promise<string | undefined> {
  const cluster = await client
    .query<{ id: string }>('select system_identifier::text as id from pg_control_system()')
    .catch((error: unknown): Partial<QueryResult<{ id: string }>> => {
      if (!isNotOffered(error)) throw error
      return {}
    })
  return cluster.rows?.[0]?.id
}
