/**
 * The generator that keeps to a rate, in a process of its own:
 *   node bench/load/open-loop.ts '{...Load, "ratePerSecond", "seconds"}'
 * Requests are due in batches, a millisecond's worth at each millisecond. A request that finds no
 * free connection waits, and its latency counts from when it was due. Prints what it measured as a
 * line of JSON.
 */
import { connect, type Socket } from 'node:net'
import { createHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Load, latencyPercentiles, type Measured } from './load.ts'
import { isComplete, isExpected, placeOf, readRequests } from './raw-http.ts'

interface Connection {
  readonly socket: Socket
  received: string
  dueAt: number
}

const load = JSON.parse(process.argv[2] ?? '') as Load & {
  readonly ratePerSecond: number
  readonly seconds: number
}
const maxDrainMs = 10_000
const latencies = createHistogram()
const idle: Connection[] = []
const waiting: number[] = []
let nextRequest: () => Buffer
let errors = 0
let outstanding = 0
process.stdout.write(`${JSON.stringify(await generate())}\n`)

async function generate(): Promise<Measured> {
  nextRequest = await readRequests(load)
  const opened = Array.from({ length: load.connections }, open)
  idle.push(...(await Promise.all(opened)))
  const startedAt = performance.now()
  const total = Math.floor(load.ratePerSecond * load.seconds)
  for (let sent = 0; sent < total; ) {
    const elapsedMs = Math.floor(performance.now() - startedAt)
    const due = Math.min(total, Math.floor((load.ratePerSecond * elapsedMs) / 1000))
    for (; sent < due; sent += 1) {
      // The millisecond in which it fell due, also when this loop comes late.
      send(startedAt + Math.ceil(((sent + 1) * 1000) / load.ratePerSecond))
    }
    await sleep(1)
  }
  const giveUpAt = performance.now() + maxDrainMs
  while (outstanding > 0 && performance.now() < giveUpAt) await sleep(1)
  errors += outstanding
  for (const { socket } of idle) socket.destroy()
  return {
    requests: latencies.count,
    seconds: (performance.now() - startedAt) / 1000,
    errors,
    latenciesMs: latencyPercentiles.map((percentile) => latencies.percentile(percentile) / 1e6),
  }
}

function send(dueAt: number): void {
  outstanding += 1
  const connection = idle.pop()
  if (connection === undefined) waiting.push(dueAt)
  else ask(connection, dueAt)
}

function ask(connection: Connection, dueAt: number): void {
  connection.dueAt = dueAt
  connection.socket.write(nextRequest())
}

function open(): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connect(placeOf(load.origin))
    const connection: Connection = { socket, received: '', dueAt: 0 }
    socket.setEncoding('latin1')
    socket.once('connect', () => resolve(connection))
    // A lost connection leaves its request outstanding, which is an error at the end.
    socket.on('error', reject)
    socket.on('data', (chunk: string) => {
      connection.received += chunk
      if (isComplete(connection.received)) settle(connection)
    })
  })
}

function settle(connection: Connection): void {
  latencies.record(Math.max(1, Math.round((performance.now() - connection.dueAt) * 1e6)))
  outstanding -= 1
  if (!isExpected(connection.received, load.expected)) errors += 1
  connection.received = ''
  const dueAt = waiting.shift()
  if (dueAt === undefined) idle.push(connection)
  else ask(connection, dueAt)
}
