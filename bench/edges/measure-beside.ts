import { verifyEach } from '../ask.ts'
import { benchmarkAnew, type Candidate, medianRatio, resultsOf } from '../benchmark.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { connections, type Harness } from '../harness.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { ScenarioResult } from '../results.ts'
import { attachLightEdges } from './light-edge.ts'
import { edgeSettings, fewEdges } from './settings.ts'

/** The CPU time of a hot verification over HTTP with edges attached, and without. */
export async function measureBeside(
  harness: Harness,
  { databaseUrl, rootToken, tokens: [token = ''] }: Dataset,
): Promise<ScenarioResult> {
  const samples = await benchmarkAnew(harness, async (inner) => {
    const requestsFile = await inner.writeRequests(verifyRequests(rootToken, [token]))
    const candidate = async (name: string): Promise<Candidate> => {
      const server = await inner.start({
        script: 'src/main.ts',
        settings: { DATABASE_URL: databaseUrl, ...edgeSettings },
      })
      await verifyEach(server.url, rootToken, [token])
      const load = { origin: server.url, requestsFile, connections, expected: expectedAnswers.good }
      // Each beat is authorized as a request would be: the counters never settle.
      return { name, server, load, databaseUrl }
    }
    const attached = await candidate(`hot, one key, with ${fewEdges} edges`)
    const alone = await candidate('hot, one key, without edges')
    // They go when their server stops.
    await attachLightEdges(attached.server.url, rootToken, fewEdges)
    return [attached, alone]
  })
  const [beside = [], without = []] = [...samples.values()]
  return {
    findings: [
      {
        what: `Hot, one key: CPU time with ${fewEdges} edges attached, relative to without`,
        value: medianRatio(beside, without, 'cpu'),
        unit: 'times',
        goal: { atMost: 1.02 },
      },
    ],
    medians: resultsOf(samples),
  }
}
