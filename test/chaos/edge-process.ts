/**
 * An edge as a process: answers `POST /v1/verify` by the client of the service, as a program would
 * that has the client in it. An error of the client is an outage, and never a denial.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createVerifier, VerifierError } from '../../clients/typescript/src/client.ts'

interface Answer {
  readonly status: number
  readonly body: string
}

const { CHAOS_EDGE_OF: url = '', CHAOS_EDGE_TOKEN: token = '' } = process.env
const verifier = createVerifier({ url, token })
const server = createServer((request, response) => {
  void answerTo(request).then(({ status, body }) => response.writeHead(status).end(body))
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  const message = `Server listening at http://127.0.0.1:${port}`
  process.stdout.write(`${JSON.stringify({ level: 'info', message })}\n`)
})
process.once('SIGTERM', () => void verifier.close().then(() => process.exit(0)))

async function answerTo(request: IncomingMessage): Promise<Answer> {
  if (request.url === '/metrics') return { status: 200, body: metrics() }
  if (request.url === '/attached') {
    const ready = await verifier.ready()
    return { status: ready.isReady && ready.isAttached ? 200 : 503, body: '' }
  }
  try {
    const { token: presented, client_ip: clientIp, permissions } = JSON.parse(await text(request))
    const verdict = await verifier.verify(presented, { clientIp, permissions })
    return { status: 200, body: JSON.stringify(verdict) }
  } catch (error) {
    return refusalOf(error)
  }
}

function refusalOf(error: unknown): Answer {
  const code = error instanceof VerifierError ? error.code : String(error)
  const isOutage = ['unavailable', 'overloaded', 'closed'].includes(code)
  return { status: isOutage ? 503 : 500, body: JSON.stringify({ code }) }
}

function metrics(): string {
  const { fromMemory, requests } = verifier.counters
  return `edge_from_memory_total ${fromMemory}
edge_requests_total ${requests}
process_resident_memory_bytes ${process.memoryUsage.rss()}
`
}
