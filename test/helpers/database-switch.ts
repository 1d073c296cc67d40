import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A connection to 'the database', as seen by what stands between. */
export interface SwitchedConnection {
  /**
   * The application name of the client: `aeon-keys` for the pool, `aeon-keys feed` for feed and
   * listener.
   */
  readonly application: string
  /** The Unix socket of the server that the connection leads to. */
  readonly socketPath: string
}

/**
 * The address of 'the database', which leads to one server or to another, as a load balancer or a
 * moving address does.
 */
export interface DatabaseSwitch {
  readonly port: number
  /** Selects the Unix socket of the server for a new connection. Existing connections stay. */
  route: (application: string) => string
  /** The open connections. */
  readonly connections: readonly SwitchedConnection[]
  /** Breaks the connections for which `isHit` holds; without `isHit`, all. */
  cut(isHit?: (connection: SwitchedConnection) => boolean): void
  close(): Promise<void>
}

export async function startDatabaseSwitch(route: DatabaseSwitch['route']): Promise<DatabaseSwitch> {
  const connected = new Map<Socket, SwitchedConnection>()
  const clients = new Set<Socket>()
  const server = createServer((client) => {
    clients.add(client)
    client.on('error', () => undefined)
    client.on('close', () => {
      clients.delete(client)
      connected.delete(client)
    })
    // The client speaks first, and says who it is.
    client.once('data', (bytes) => {
      const application = applicationOf(bytes)
      const socketPath = handle.route(application)
      connected.set(client, { application, socketPath })
      const upstream = connect({ path: socketPath })
      upstream.on('error', () => undefined)
      upstream.on('close', () => client.destroy())
      client.on('close', () => upstream.destroy())
      upstream.write(bytes)
      client.pipe(upstream)
      upstream.pipe(client)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const handle: DatabaseSwitch = {
    port: (server.address() as AddressInfo).port,
    route,
    get connections() {
      return [...connected.values()]
    },
    cut(isHit = () => true) {
      for (const [client, connection] of connected) {
        if (isHit(connection)) client.resetAndDestroy()
      }
    },
    async close() {
      server.close()
      for (const client of clients) client.destroy()
      await once(server, 'close')
    },
  }
  return handle
}

/** The start-up packet names the application, between NULs (PostgreSQL, "Message Formats"). */
function applicationOf(bytes: Buffer): string {
  return /\0application_name\0([^\0]*)\0/.exec(bytes.toString('latin1'))?.[1] ?? ''
}
