import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { revoke } from '../ask.ts'
import type { Dataset } from '../datasets/dataset.ts'
import type { Harness } from '../harness.ts'
import type { Finding } from '../results.ts'
import type { MemoryReport } from '../servers/memory-reporter.ts'
import type { ServerProcess } from '../servers/server-process.ts'
import { percentile } from '../statistics.ts'
import { attachLightEdges, closeLightEdges } from './light-edge.ts'
import { edgeSettings, fewEdges, manyEdges } from './settings.ts'

const revocations = 100
const idleSeconds = 10

/** What many edges that ask nothing cost their instance. */
export async function measureIdle(harness: Harness, dataset: Dataset): Promise<Finding[]> {
  const count = harness.isQuick ? 20 : revocations
  const server = await harness.start({
    script: 'src/main.ts',
    settings: { DATABASE_URL: dataset.databaseUrl, ...edgeSettings },
    flags: ['--expose-gc', '--import', './bench/servers/memory-reporter.ts'],
    hasChannel: true,
  })
  // The code of a stream is compiled, and its caller is in memory.
  closeLightEdges(await attachLightEdges(server.url, dataset.rootToken, fewEdges))
  await sleep(1_000)
  const without = await usageWhileIdle(server)
  const heldBefore = await heldBytes(server)
  const edges = await attachLightEdges(server.url, dataset.rootToken, manyEdges)
  await sleep(2_000)
  const withEdges = await usageWhileIdle(server)
  const perEdgeBytes = ((await heldBytes(server)) - heldBefore) / manyEdges
  const times: number[] = []
  for (const token of dataset.takeRevocable(count)) {
    const sentAt = performance.now()
    const { rootToken, accountId } = dataset
    const state = await revoke(server.url, rootToken, { token, accountId }, 30_000)
    if (state !== 'complete') throw new Error(`A receipt is ${state}.`)
    times.push(performance.now() - sentAt)
    if (edges.some(({ isLeased }) => !isLeased)) throw new Error('An edge has no lease.')
  }
  closeLightEdges(edges)
  await server.stop()
  const many = manyEdges.toLocaleString('en-US')
  return [
    {
      what: `CPU time of an instance with ${many} idle edges, in a second`,
      value: withEdges,
      unit: 'ms',
      goal: { atMost: 50 },
    },
    {
      what: 'CPU time of the same instance without edges, in a second',
      value: without,
      unit: 'ms',
    },
    {
      what: `Receipt of a revocation with ${many} edges of one instance: p99 of ${count}`,
      value: percentile(times, 0.99),
      unit: 'ms',
      goal: { atMost: 250 },
    },
    {
      what: `Memory of an edge at its instance, of ${many}: heap and buffers after a full collection`,
      value: perEdgeBytes,
      unit: 'bytes',
      goal: { atMost: 40_000 },
    },
  ]
}

/** CPU milliseconds a second. */
async function usageWhileIdle(server: ServerProcess): Promise<number> {
  const before = await server.usage()
  await sleep(idleSeconds * 1_000)
  const after = await server.usage()
  return (after.cpuMs - before.cpuMs) / idleSeconds
}

async function heldBytes({ child }: ServerProcess): Promise<number> {
  const answered = once(child, 'message', { signal: AbortSignal.timeout(30_000) })
  child.send('report')
  const [report] = await answered
  return (report as MemoryReport).heldBytes
}
