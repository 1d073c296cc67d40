/**
 * The generator for machines without wrk, in a process of its own:
 *   node bench/load/generate.ts '{"url","requestsFile","connections","seconds"}'
 * Prints what it measured as one line of JSON.
 */
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { createHistogram } from 'node:perf_hooks'
import { goodAnswer, type Load, type Measured } from './load.ts'

const load = JSON.parse(process.argv[2] ?? '') as Load & { readonly seconds: number }
process.stdout.write(`${JSON.stringify(await generate())}\n`)

async function generate(): Promise<Measured> {
  const nextRequest = rotate(await readRequests())
  const latencies = createHistogram()
  let errors = 0
  const startedAt = performance.now()
  const endsAt = startedAt + load.seconds * 1000
  await Promise.all(Array.from({ length: load.connections }, keepAsking))
  return {
    requests: latencies.count,
    seconds: (performance.now() - startedAt) / 1000,
    errors,
    p50Ms: latencies.percentile(50) / 1e6,
    p99Ms: latencies.percentile(99) / 1e6,
  }

  /** One connection: the next request when the last is answered, until the time is over. */
  function keepAsking(): Promise<void> {
    const { hostname, port } = new URL(load.url)
    return new Promise((resolve) => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true })
      let received = ''
      let sentAt = 0
      const ask = () => {
        sentAt = performance.now()
        socket.write(nextRequest())
      }
      socket.setEncoding('latin1')
      socket.on('connect', ask)
      socket.on('data', (chunk: string) => {
        received += chunk
        if (!isComplete(received)) return
        latencies.record(Math.max(1, Math.round((performance.now() - sentAt) * 1e6)))
        if (!isGood(received)) errors += 1
        received = ''
        if (performance.now() < endsAt) ask()
        else socket.end()
      })
      socket.on('error', () => {
        errors += 1
      })
      socket.on('close', () => {
        if (performance.now() < endsAt) errors += 1
        resolve()
      })
    })
  }
}

async function readRequests(): Promise<Buffer[]> {
  const [callerToken, ...bodies] = (await readFile(load.requestsFile, 'utf8')).split('\n')
  const { host, pathname } = new URL(load.url)
  return bodies.map((body) =>
    Buffer.from(
      `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${callerToken}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  )
}

function rotate(requests: readonly Buffer[]): () => Buffer {
  let sent = 0
  return () => {
    const request = requests[sent % requests.length]
    if (request === undefined) throw new Error('There is no request to send.')
    sent += 1
    return request
  }
}

function isComplete(answer: string): boolean {
  const headEnd = answer.indexOf('\r\n\r\n')
  if (headEnd === -1) return false
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(answer)?.[1]
  return length !== undefined && answer.length >= headEnd + 4 + Number(length)
}

function isGood(answer: string): boolean {
  return answer.startsWith('HTTP/1.1 200 ') && answer.includes(`\r\n\r\n${goodAnswer}`)
}
