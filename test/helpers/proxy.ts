import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net'
import { Client } from 'pg'

/** A way to a database that a test can break. */
export interface DatabaseProxy {
  /** The database's URL, by way of the proxy. */
  readonly url: string
  /** Breaks what is connected, and refuses whoever comes. */
  cut(): void
  /** Passes nothing on any more, on what is connected now and on what comes; nobody is told. */
  stall(): void
  /** Lets new connections through again. What was stalled stays so for ever, as after a lost route. */
  restore(): void
  close(): Promise<void>
}

/** Puts a proxy before the database of a URL. */
export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const { host, port, user, password, database } = new Client({ connectionString: databaseUrl })
  const target: NetConnectOpts = host.startsWith('/')
    ? { path: `${host}/.s.PGSQL.${port}` }
    : { host, port }
  const pairs = new Set<readonly [Socket, Socket]>()
  let state: 'open' | 'cut' | 'stalled' = 'open'

  const server = createServer((client) => {
    if (state === 'cut') return void client.resetAndDestroy()
    const upstream = connect(target)
    const pair = [client, upstream] as const
    pairs.add(pair)
    for (const socket of pair) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        pairs.delete(pair)
        for (const one of pair) one.destroy()
      })
    }
    if (state === 'stalled') return void client.resume()
    client.pipe(upstream).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: own } = server.address() as AddressInfo
  const credentials = [user, password].filter(Boolean).map((part) => encodeURIComponent(part ?? ''))
  const disconnect = () => {
    for (const [client, upstream] of pairs) {
      client.resetAndDestroy()
      upstream.destroy()
    }
  }
  return {
    url: `postgresql://${credentials.join(':')}@127.0.0.1:${own}/${database}`,
    cut() {
      state = 'cut'
      disconnect()
    },
    stall() {
      state = 'stalled'
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream)
        upstream.unpipe(client)
        for (const socket of [client, upstream]) socket.resume()
      }
    },
    restore() {
      state = 'open'
    },
    async close() {
      server.close()
      disconnect()
      await once(server, 'close')
    },
  }
}
