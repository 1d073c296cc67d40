import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net'
import { Client } from 'pg'
import type { Test } from 'tap'

/**
 * A proxy to a database that replaces a text in what clients send by another one, which must not be
 * longer. Returns the URL of the database through the proxy; it is closed at the end of the test.
 */
export async function startRewritingProxy(
  t: Test,
  databaseUrl: string,
  [text, by]: readonly [text: string, by: string],
): Promise<string> {
  const { host, port, user, database } = new Client({ connectionString: databaseUrl })
  const target: NetConnectOpts = host.startsWith('/')
    ? { path: `${host}/.s.PGSQL.${port}` }
    : { host, port }
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target)
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => other.destroy())
    }
    // Each byte is one character of latin1. The messages keep their lengths.
    client.on('data', (bytes) => {
      const rewritten = bytes.toString('latin1').replaceAll(text, by.padEnd(text.length))
      upstream.write(Buffer.from(rewritten, 'latin1'))
    })
    upstream.pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
    await once(server, 'close')
  })
  const { port: own } = server.address() as AddressInfo
  return `postgresql://${user}@127.0.0.1:${own}/${database}`
}
