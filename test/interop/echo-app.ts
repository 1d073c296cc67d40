import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Json } from '../helpers/api.ts'

/** The application behind a proxy: it answers with what it received. */
export interface EchoApp {
  /** host:port. */
  readonly address: string
  /** The number of requests and connections that it received. */
  readonly seen: { requests: number; connections: number }
  close(): Promise<void>
}

/** Its answer: each header of the request, by its name in lower case, with all its values. */
export interface Echo {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>
  readonly body: Json
}

export async function startEchoApp(): Promise<EchoApp> {
  const seen = { requests: 0, connections: 0 }
  const server = createServer(async (request, response) => {
    seen.requests += 1
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const { method, url, headersDistinct } = request
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ method, path: url, headers: headersDistinct, body }))
  })
  server.on('connection', () => {
    seen.connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
