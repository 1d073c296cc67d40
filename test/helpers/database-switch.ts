import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A connection to 'the database', as those see it who stand between. */
export interface SwitchedConnection {
  /** The name that the client gives itself: of the pool `aeon-keys`, of feed and listener `aeon-keys feed`. */
  readonly application: string
  /** The Unix socket of the server that it leads to. */
  readonly socketPath: string
}

/** The address of 'the database', which leads to one server or to another: a load balancer, a moving address. */
export interface DatabaseSwitch {
  readonly port: number
  /** Which server's Unix socket a new connection leads to. What is connected stays where it is. */
  route: (application: string) => string
  /** What is connected now. */
  readonly connections: readonly SwitchedConnection[]
  /** Breaks those connections for which `isHit` holds; without it, all. */
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
