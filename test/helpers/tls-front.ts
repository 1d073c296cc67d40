import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import type { Test } from 'tap'

export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** Makes a self-signed certificate for `localhost`. */
export function makeCertificate(folder: string, name: string): Certificate {
  const [cert, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  execFileSync(
    'openssl',
    ['req', '-x509', ...curve, ...names, '-days', '2', '-keyout', key, '-out', cert],
    { stdio: 'ignore' },
  )
  return { cert, key }
}

/** What happens to a new connection that asks for TLS. */
export type Handshake = 'complete' | 'refuse' | 'close' | 'reset' | 'garbage' | 'garbage inside'

export interface TlsFront {
  readonly port: number
  /** Connections that were encrypted so far. */
  encrypted(): number
  /** For connections to come; undefined: TLS is refused. */
  certificate: Certificate | undefined
  /** For connections to come. */
  handshake: Handshake
  /** Breaks every connection. */
  cut(): void
  /** Sends every client bytes that are no TLS record. */
  spoil(): void
}

/** Puts a server on TCP before the database of a URL: it takes TLS if it has a certificate. */
export async function startTlsFront(
  t: Test,
  databaseUrl: string,
  certificate: Certificate | undefined,
): Promise<TlsFront> {
  const url = new URL(databaseUrl.replace('@/', '@x/'))
  const port = Number(url.searchParams.get('port') ?? url.port)
  const host = url.searchParams.get('host') ?? url.hostname
  let encrypted = 0
  const sockets = new Set<Socket>()
  const clients = new Set<Socket>()
  const server = createServer((client) => {
    clients.add(client)
    sockets.add(client.on('error', () => undefined))
    client.once('data', (first) => {
      const asksForTls = first.length === 8 && first.readInt32BE(4) === 80_877_103
      const current = front.certificate
      if (asksForTls && (current === undefined || front.handshake === 'refuse')) {
        return void client.end('N')
      }
      if (asksForTls && current !== undefined) return startTls(client, current)
      const upstream = connectUpstream()
      upstream.write(first)
      client.pipe(upstream).pipe(client)
    })
  }).listen(0, '127.0.0.1')
  const connectUpstream = (): Socket => {
    const upstream = host.startsWith('/')
      ? connect(join(host, `.s.PGSQL.${port}`))
      : connect(port, host)
    sockets.add(upstream.on('error', () => undefined))
    return upstream
  }
  const startTls = (client: Socket, current: Certificate): void => {
    client.write('S')
    switch (front.handshake) {
      case 'close':
        return void client.end()
      case 'reset':
        return void client.resetAndDestroy()
      case 'garbage':
        return void client.end('no record of TLS')
      case 'refuse':
      case 'complete':
      case 'garbage inside':
    }
    const [cert, key] = [readFileSync(current.cert), readFileSync(current.key)]
    const inside = new TLSSocket(client, { isServer: true, cert, key })
    inside.on('error', () => client.destroy())
    inside.on('secure', () => {
      encrypted += 1
    })
    if (front.handshake === 'garbage inside') return void inside.end('no message of PostgreSQL')
    inside.pipe(connectUpstream()).pipe(inside)
  }
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const front: TlsFront = {
    port: (server.address() as AddressInfo).port,
    encrypted: () => encrypted,
    certificate,
    handshake: 'complete',
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    spoil() {
      for (const client of clients) if (client.writable) client.write('no record of TLS')
    },
  }
  return front
}
