import { availableParallelism } from 'node:os'
import { verifyEach } from '../ask.ts'
import { benchmark, type Candidate, medianRatio, resultsOf, samplesOf } from '../benchmark.ts'
import { connections, type Harness } from '../harness.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { ScenarioResult } from '../results.ts'
import { fromMemory } from '../work.ts'

const counts = [1, 2, 4] as const

/** One hot key, by one process and by several that share the port. */
export async function measureWorkers(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.main()
  const { rootToken, databaseUrl } = dataset
  const hotTokens = dataset.tokens.slice(0, 1)
  const requestsFile = await harness.writeRequests(verifyRequests(rootToken, hotTokens))
  const candidates: Candidate[] = []
  for (const count of counts) {
    const server = await harness.startService(dataset, { WORKERS: String(count) })
    await verifyEach(server.url, rootToken, hotTokens)
    candidates.push({
      name: count === 1 ? '1 worker' : `${count} workers`,
      server,
      load: { origin: server.url, requestsFile, connections, expected: expectedAnswers.good },
      requireWork: fromMemory('valid'),
      databaseUrl,
    })
  }
  const samples = await benchmark(candidates, harness.rounds)
  const [one, two, four] = candidates
  if (one === undefined || two === undefined || four === undefined) throw new Error('No workers.')
  const against = (candidate: Candidate, figure: 'cpu' | 'rate') =>
    medianRatio(samplesOf(samples, candidate), samplesOf(samples, one), figure)
  const cores = availableParallelism()
  const remark =
    cores > 4
      ? `measured with ${cores} cores.`
      : `no measure of what workers can do: the load generator and the workers share ${cores} cores.`
  return {
    findings: [
      {
        what: '2 workers: CPU time per request, relative to one worker',
        value: against(two, 'cpu'),
        unit: 'times',
        goal: { atMost: 1.1 },
      },
      {
        what: '4 workers: CPU time per request, relative to one worker',
        value: against(four, 'cpu'),
        unit: 'times',
      },
      {
        what: '2 workers: rate, relative to one worker',
        value: against(two, 'rate'),
        unit: 'times',
        remark,
      },
      {
        what: '4 workers: rate, relative to one worker',
        value: against(four, 'rate'),
        unit: 'times',
      },
    ],
    medians: resultsOf(samples),
  }
}
