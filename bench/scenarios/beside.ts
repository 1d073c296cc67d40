import { setTimeout as sleep } from 'node:timers/promises'
import { verifyEach } from '../ask.ts'
import {
  type Candidate,
  measure,
  medianRatio,
  resultOf,
  type Sample,
  warmUp,
} from '../benchmark.ts'
import { attachLightEdges, closeLightEdges } from '../edges/light-edge.ts'
import { edgeSettings, fewEdges } from '../edges/settings.ts'
import { connections, type Harness } from '../harness.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { ScenarioResult } from '../results.ts'

const datasetKeys = 1_000
/** The ratio differs from 1 by a few hundredths, which fewer rounds do not show. */
const turns = 11
const turnsOfQuick = 2
/** Until the server has done what edges that come or go leave to do. */
const settlesInMs = 500

/**
 * The CPU time of a hot verification over HTTP with edges attached, and without: in one process,
 * since V8 compiles the same code in another to something a fifth slower or faster.
 */
export async function measureBeside(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.ofSize(datasetKeys)
  const { rootToken, databaseUrl } = dataset
  const [token = ''] = dataset.tokens
  const server = await harness.startService(dataset, edgeSettings)
  await verifyEach(server.url, rootToken, [token])
  const requestsFile = await harness.writeRequests(verifyRequests(rootToken, [token]))
  const candidate: Candidate = {
    name: 'hot, one key',
    server,
    load: { origin: server.url, requestsFile, connections, expected: expectedAnswers.good },
    databaseUrl,
  }
  const { seconds, warmUpSeconds } = harness.rounds
  const sample = async () => {
    await sleep(settlesInMs)
    return measure(candidate, seconds)
  }
  const sampleBeside = async () => {
    const edges = await attachLightEdges(server.url, rootToken, fewEdges)
    const measured = await sample()
    closeLightEdges(edges)
    return measured
  }
  await warmUp(candidate, warmUpSeconds)
  await sampleBeside()
  const beside: Sample[] = []
  const alone: Sample[] = []
  for (let turn = 0; turn < (harness.isQuick ? turnsOfQuick : turns); turn += 1) {
    beside.push(await sampleBeside())
    alone.push(await sample())
  }
  await server.stop()
  return {
    findings: [
      {
        what: `Hot, one key: CPU time with ${fewEdges} edges attached, relative to without`,
        value: medianRatio(beside, alone, 'cpu'),
        unit: 'times',
        goal: { atMost: 1.02 },
      },
    ],
    medians: [
      resultOf(`hot, one key, with ${fewEdges} edges`, beside),
      resultOf('hot, one key, without edges', alone),
    ],
  }
}
