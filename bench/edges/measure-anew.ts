import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { openLink } from '../../test/chaos/link.ts'
import { verifyEach } from '../ask.ts'
import { latencyOf } from '../benchmark.ts'
import type { Dataset } from '../datasets/dataset.ts'
import type { Harness } from '../harness.ts'
import { runAtRate } from '../load/generators.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { Finding } from '../results.ts'
import { attachLightEdges, closeLightEdges, type LightEdge } from './light-edge.ts'
import { edgeSettings, manyEdges } from './settings.ts'
import { attachVerifiers, makeHot } from './verifiers.ts'

const realEdges = 100
const keysOfRealEdge = 100
const hotPerSecond = 200

/**
 * All streams are cut at once, and every edge attaches anew, while others verify over HTTP: at the
 * instance of the edges, and at one beside it, which shows what the process that plays the edges
 * takes from both.
 */
export async function measureAnew(harness: Harness, dataset: Dataset): Promise<Finding[]> {
  const { rootToken } = dataset
  const tokens = dataset.tokens.slice(0, realEdges * keysOfRealEdge)
  const server = await harness.startService(dataset, edgeSettings)
  await verifyEach(server.url, rootToken, tokens)
  const link = await openLink(
    { host: '127.0.0.1', port: Number(new URL(server.url).port) },
    Math.random,
  )
  const url = `http://127.0.0.1:${link.port}`
  const verifiers = await attachVerifiers([url], rootToken, realEdges)
  const tokensOf = (place: number) =>
    tokens.slice(place * keysOfRealEdge, (place + 1) * keysOfRealEdge)
  const heatAll = () =>
    Promise.all(
      verifiers.map((verifier, place) =>
        Promise.all(tokensOf(place).map((token) => makeHot(verifier, token))),
      ),
    )
  await heatAll()
  const edges = await attachLightEdges(url, rootToken, manyEdges - realEdges)
  const load = {
    origin: server.url,
    requestsFile: await harness.writeRequests(verifyRequests(rootToken, tokens)),
    connections: 8,
    expected: expectedAnswers.good,
  }
  const spared = await harness.startService(dataset, edgeSettings)
  await verifyEach(spared.url, rootToken, tokens)
  const hotP99 = async (origin: string, seconds: number) => {
    const { latenciesMs } = await runAtRate({ ...load, origin }, hotPerSecond, seconds)
    return latencyOf(latenciesMs, 99)
  }
  for (const { url: origin } of [server, spared]) await hotP99(origin, 2)
  const alone = await hotP99(server.url, 5)
  const loaded = Promise.all([server, spared].map(({ url: origin }) => hotP99(origin, 5)))
  await sleep(500)
  const attachedAnew = verifiers.map((verifier) => once(verifier, 'attached'))
  link.cut()
  const cutAt = performance.now()
  link.heal()
  const leasedAgain = untilAllLeased(edges)
  await Promise.all(attachedAnew)
  await heatAll()
  const hotAgainMs = performance.now() - cutAt
  await leasedAgain
  const leasedAgainMs = performance.now() - cutAt
  const [meanwhile = 0, beside = 0] = await loaded
  closeLightEdges(edges)
  for (const verifier of verifiers) await verifier.close()
  await link.close()
  await server.stop()
  await spared.stop()
  const who = `${manyEdges.toLocaleString('en-US')} edges attach anew at once`
  return [
    {
      what: `${who}: until ${realEdges} of them know their ${keysOfRealEdge} keys again`,
      value: hotAgainMs,
      unit: 'ms',
      goal: { atMost: 5_000 },
    },
    { what: `${who}: until all have a lease again`, value: leasedAgainMs, unit: 'ms' },
    {
      what: `${who}: p99 of hot verifications over HTTP meanwhile, relative to before`,
      value: meanwhile / alone,
      unit: 'times',
      goal: { atMost: 3 },
    },
    {
      what: `${who}: p99 of hot verifications of an instance beside it meanwhile, relative to before`,
      value: beside / alone,
      unit: 'times',
    },
  ]
}

async function untilAllLeased(edges: readonly LightEdge[]): Promise<void> {
  while (edges.some(({ isLeased }) => !isLeased)) await sleep(20)
}
