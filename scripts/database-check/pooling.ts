import { Client } from 'pg'
import { DatabaseServers } from '../../src/store/servers/database-servers.ts'
import { type Finding, note, ok } from './finding.ts'

/** Whether something between lends one server session to several clients. */
export type Pooling = 'none' | 'transaction'

const rounds = 20

/**
 * Two clients that are connected at the same time never meet in one server session, unless a pooler
 * lends sessions for a transaction or a statement.
 */
export async function findPooling(url: string): Promise<Pooling> {
  const servers = new DatabaseServers({ connection: url, connectTimeoutMs: 15_000 })
  const clients: Client[] = []
  try {
    for (let place = 0; place < 2; place += 1) {
      const client = await servers.connect(async () => {
        const made = new Client(servers.options)
        made.on('error', () => undefined)
        await made.connect()
        return made
      })
      clients.push(client)
    }
    const seen = clients.map(() => new Set<number>())
    for (let round = 0; round < rounds; round += 1) {
      for (const [place, client] of clients.entries()) {
        const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
        if (rows[0] !== undefined) seen[place]?.add(rows[0].pid)
      }
    }
    return new Set(seen.flatMap((pids) => [...pids])).size === 2 &&
      seen.every(({ size }) => size === 1)
      ? 'none'
      : 'transaction'
  } finally {
    for (const client of clients) await client.end().catch(() => undefined)
  }
}

export function tellPooling(pooling: Pooling): Finding {
  return pooling === 'none'
    ? ok('each connection has a server session of its own')
    : note(
        'a pooler lends server sessions for each transaction: give the service a database user of ' +
          'its own, and set DATABASE_LISTEN_URL to the server itself or CHANGE_FEED=poll',
      )
}
