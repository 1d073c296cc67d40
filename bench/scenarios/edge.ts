import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { verifyEach } from '../ask.ts'
import { benchmark, type Candidate, medianRatio, resultsOf, samplesOf } from '../benchmark.ts'
import type { Dataset } from '../datasets/dataset.ts'
import type { EdgeFigures, EdgeWork } from '../edge/figures.ts'
import { connections, type Harness } from '../harness.ts'
import { hotCalls } from '../load/hot-calls.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { ScenarioResult } from '../results.ts'
import type { ServerProcess } from '../servers/server-process.ts'
import { median } from '../statistics.ts'
import { fromMemory } from '../work.ts'

const keys = 10_000

/**
 * Known tokens in the process of the caller, which is attached to the service, against a home-made
 * map there and against the service over HTTP.
 */
export async function measureEdge(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.main()
  const { rootToken } = dataset
  const tokens = dataset.tokens.slice(0, keys)
  const server = await harness.startService(dataset)
  await verifyEach(server.url, rootToken, tokens)
  // Apart: an edge has its key authorized with each beat, and the counters would never settle.
  const ofEdges = await harness.startService(dataset, { EDGES_MAX: '4' })
  await verifyEach(ofEdges.url, rootToken, tokens)
  const http = await hotCalls('the service over HTTP', harness, server, dataset, tokens)
  const [overTcp, overUnix] = await besideEachOther(harness, dataset, tokens, { server, ofEdges })
  const samples = await benchmark([http], harness.rounds)
  const sockets = await benchmark([overTcp, overUnix], harness.rounds)
  const medians = resultsOf(new Map([...samples, ...sockets]))
  const { attached, homeMade, p99Micros, bytesPerKey } = await measureProcess(harness, {
    url: ofEdges.url,
    callerToken: rootToken,
    tokens,
    rounds: harness.rounds.count,
    roundSeconds: harness.rounds.seconds,
  })
  const rate = median(attached)
  const ratios = attached.map((one, round) => one / (homeMade[round] ?? Number.NaN))
  return {
    findings: [
      {
        what: 'Known tokens in the process of the caller, for a second of CPU time',
        value: rate,
        unit: 'per second',
        goal: { atLeast: 300_000 },
      },
      {
        what: 'The 99th percentile of one verification there',
        value: p99Micros / 1_000,
        unit: 'ms',
        goal: { atMost: 0.02 },
      },
      {
        what: 'Rate, relative to a map of SHA-256 to row that lives for 60 s',
        value: median(ratios),
        unit: 'times',
        goal: { atLeast: 0.5 },
      },
      {
        what: 'Rate, relative to the service over HTTP',
        value: rate / (medians[0]?.requestsPerSecond ?? Number.NaN),
        unit: 'times',
        goal: { atLeast: 15 },
      },
      {
        what: `Memory of a known token, of ${keys.toLocaleString('en-US')}, after a full collection`,
        value: bytesPerKey,
        unit: 'bytes',
        goal: { atMost: 700 },
      },
      {
        what: 'An edge on a Unix socket, by rate, relative to the service on a TCP port',
        value: medianRatio(samplesOf(sockets, overUnix), samplesOf(sockets, overTcp), 'rate'),
        unit: 'times',
        goal: { atLeast: 1.1 },
      },
      {
        what: 'An edge on a Unix socket, by CPU time, relative to the service on a TCP port',
        value: medianRatio(samplesOf(sockets, overUnix), samplesOf(sockets, overTcp), 'cpu'),
        unit: 'times',
        goal: { atMost: 1 / 1.1 },
      },
    ],
    medians,
  }
}

/**
 * The service on a TCP port, whose callers have a key, and an edge of it on a Unix socket, whose
 * callers the mode of the socket admits. One generator loads both.
 */
async function besideEachOther(
  harness: Harness,
  dataset: Dataset,
  tokens: readonly string[],
  { server, ofEdges }: { readonly server: ServerProcess; readonly ofEdges: ServerProcess },
): Promise<readonly [Candidate, Candidate]> {
  const { rootToken, databaseUrl } = dataset
  const tokenFile = join(harness.folder, 'edge-token')
  await writeFile(tokenFile, rootToken, { mode: 0o600 })
  const socket = join(harness.folder, 'edge.sock')
  const edge = await harness.startEdge({
    EDGE_OF: ofEdges.url,
    EDGE_TOKEN_FILE: tokenFile,
    EDGE_SOCKET: socket,
    EDGE_SOCKET_CALLERS: 'any',
  })
  const requestsFile = await harness.writeRequests(verifyRequests(rootToken, tokens))
  const load = { requestsFile, connections, expected: expectedAnswers.good }
  const common = { isOverSockets: true, databaseUrl }
  return [
    {
      ...common,
      name: 'the service, TCP',
      server,
      load: { ...load, origin: server.url },
      requireWork: fromMemory('valid'),
    },
    {
      ...common,
      name: 'an edge, Unix socket',
      server: edge,
      load: { ...load, origin: `unix:${socket}` },
    },
  ]
}

async function measureProcess(harness: Harness, work: EdgeWork): Promise<EdgeFigures> {
  const file = join(harness.folder, 'edge-work.json')
  await writeFile(file, JSON.stringify(work), { mode: 0o600 })
  const script = join(import.meta.dirname, '../edge/measure.ts')
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, file])
  return JSON.parse(stdout)
}
