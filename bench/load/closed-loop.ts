/**
 * The generator for Unix sockets, which wrk does not know, in a process of its own:
 *   node bench/load/closed-loop.ts '{...Load, "seconds"}'
 * Each connection sends its next request once it is answered. Prints what it measured as a line of
 * JSON.
 */
import { connect } from 'node:net'
import { createHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Load, latencyPercentiles, type Measured } from './load.ts'
import { isComplete, isExpected, placeOf, readRequests } from './raw-http.ts'

const load = JSON.parse(process.argv[2] ?? '') as Load & { readonly seconds: number }
const latencies = createHistogram()
const nextRequest = await readRequests(load)
let errors = 0
let isOver = false
process.stdout.write(`${JSON.stringify(await generate())}\n`)

async function generate(): Promise<Measured> {
  const startedAt = performance.now()
  const ended = Array.from({ length: load.connections }, keepAsking)
  await sleep(load.seconds * 1_000)
  isOver = true
  await Promise.all(ended)
  return {
    requests: latencies.count,
    seconds: (performance.now() - startedAt) / 1000,
    errors,
    latenciesMs: latencyPercentiles.map((percentile) => latencies.percentile(percentile) / 1e6),
  }
}

/** Over one connection, until the time is over. */
function keepAsking(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(placeOf(load.origin))
    let received = ''
    let askedAt = 0
    const ask = () => {
      askedAt = performance.now()
      received = ''
      socket.write(nextRequest())
    }
    socket.setEncoding('latin1')
    socket.once('connect', ask)
    socket.on('error', reject)
    socket.once('close', resolve)
    socket.on('data', (chunk: string) => {
      received += chunk
      if (!isComplete(received)) return
      latencies.record(Math.max(1, Math.round((performance.now() - askedAt) * 1e6)))
      if (!isExpected(received, load.expected)) errors += 1
      if (isOver) socket.destroy()
      else ask()
    })
  })
}
