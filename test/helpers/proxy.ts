import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net'
import { Client } from 'pg'

/** A proxy to a database that a test can break. */
export interface DatabaseProxy {
  /** The database's URL, through the proxy. */
  readonly url: string
  /** Breaks open connections, and refuses new ones. */
  cut(): void
  /** Stops passing data on open and new connections, without closing any. */
  stall(): void
  /** Passes new connections again. A stalled connection stays stalled, as after a lost route. */
  restore(): void
  close(): Promise<void>
}

/** What happens to bytes on their way to the database, and to their connection. */
export type FaultInjector = 'pass' | 'cut before' | 'cut after' | 'stall'

/** Decides about bytes that a client sends; `application` is the client's application name. */
export type Judge = (bytes: Buffer, application: string) => FaultInjector

/** A connection that passes through. */
interface Link {
  readonly client: Socket
  readonly upstream: Socket
  application: string
  isStalled: boolean
}

/**
 * Puts a proxy in front of the database of a URL. A new connection is passed on after `delayMs`, as
 * by a far network.
 */
export async function startDatabaseProxy(
  databaseUrl: string,
  judge: Judge = () => 'pass',
  delayMs = 0,
): Promise<DatabaseProxy> {
  const { host, port, user, password, database } = new Client({ connectionString: databaseUrl })
  const target: NetConnectOpts = host.startsWith('/')
    ? { path: `${host}/.s.PGSQL.${port}` }
    : { host, port }
  const links = new Set<Link>()
  let state: 'open' | 'cut' | 'stalled' = 'open'

  const server = createServer((client) => {
    if (delayMs === 0) return accept(client)
    client.on('error', () => undefined)
    setTimeout(() => accept(client), delayMs)
  })
  function accept(client: Socket): void {
    if (state === 'cut') return void client.resetAndDestroy()
    const upstream = connect(target)
    const link: Link = { client, upstream, application: '', isStalled: state === 'stalled' }
    links.add(link)
    for (const socket of [client, upstream]) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        links.delete(link)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (bytes) => {
      link.application ||= applicationOf(bytes)
      if (!link.isStalled) pass(link, bytes, judge(bytes, link.application))
    })
    upstream.on('data', (bytes) => {
      if (!link.isStalled) client.write(bytes)
    })
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: own } = server.address() as AddressInfo
  const credentials = [user, password].filter(Boolean).map((part) => encodeURIComponent(part ?? ''))
  const disconnect = () => {
    for (const { client, upstream } of links) {
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
      for (const link of links) link.isStalled = true
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

function pass(link: Link, bytes: Buffer, faultInjector: FaultInjector): void {
  const { client, upstream } = link
  switch (faultInjector) {
    case 'pass':
      upstream.write(bytes)
      return
    case 'stall':
      link.isStalled = true
      return
    case 'cut before':
      client.resetAndDestroy()
      return
    case 'cut after':
      // The server reads what was sent before it learns that the client is gone.
      link.isStalled = true
      upstream.end(bytes, () => client.resetAndDestroy())
  }
}

/** The start-up packet names the application, between NULs (PostgreSQL, "Message Formats"). */
function applicationOf(bytes: Buffer): string {
  return /\0application_name\0([^\0]*)\0/.exec(bytes.toString('latin1'))?.[1] ?? ''
}

const statementStart = /(?:P.{4}\0|Q.{4})\s*(?:select|with|update|insert|begin|commit)/gs
const boundStatement = /B.{4}\0aeon_keys_\d+\0/gs

/**
 * The number of statements in the bytes: Query, or Parse without a name, each by its text; or Bind
 * of a prepared one by its name (PostgreSQL, "Message Formats").
 */
export function countStatements(bytes: Buffer): number {
  const text = bytes.toString('latin1')
  return [statementStart, boundStatement].reduce(
    (sum, pattern) => sum + (text.match(pattern)?.length ?? 0),
    0,
  )
}

/** Whether the bytes load credentials, by the one prepared statement. */
export function readsCredentials(bytes: Buffer): boolean {
  return bytes.toString('latin1').search(boundStatement) >= 0
}
