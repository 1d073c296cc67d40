import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Test } from 'tap'
import type { Json } from '../../helpers/api.ts'

/** The fields of answers that have known values today. */
const open = new Set(['status', 'reason', 'code', 'kind', 'reach', 'state'])

/**
 * Serves the answers of the service as a later version may give them: every object has one more
 * field, and every text that has known values has another one.
 */
export async function serveFuture(t: Test, base: string): Promise<string> {
  const server = createServer((request, response) => {
    void answer(base, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('No port.')
  return `http://127.0.0.1:${address.port}`
}

async function answer(base: string, request: IncomingMessage, response: ServerResponse) {
  const { method = 'GET', url = '/', headers } = request
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const sent = await fetch(base + url, {
    method,
    headers: {
      authorization: String(headers.authorization),
      ...(headers['content-type'] !== undefined && { 'content-type': headers['content-type'] }),
    },
    ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
  })
  const body = JSON.stringify(inFuture(await sent.json()))
  response.writeHead(sent.status, { 'content-type': String(sent.headers.get('content-type')) })
  response.end(body)
}

function inFuture(node: Json): Json {
  if (Array.isArray(node)) return node.map(inFuture)
  if (typeof node !== 'object' || node === null) return node
  const entries = Object.entries(node).map(([name, value]) => {
    if (name === 'metadata') return [name, value]
    if (open.has(name) && typeof value === 'string') return [name, 'future_value']
    return [name, inFuture(value)]
  })
  return { ...Object.fromEntries(entries), future_field: { a: ['value'] } }
}
