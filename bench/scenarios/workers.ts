import { availableParallelism } from 'node:os'
import { verifyEach } from '../ask.ts'
import { type Contender, contest, medianRatio, slicesOf, standingsOf } from '../benchmark.ts'
import { connections, type Stage } from '../harness.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { PartResult } from '../results.ts'
import { fromMemory } from '../work.ts'

const counts = [1, 2, 4] as const

/** One hot key, by one process and by several that share the port. */
export async function measureWorkers(stage: Stage): Promise<PartResult> {
  const dataset = await stage.datasets.main()
  const { rootToken, databaseUrl } = dataset
  const hotTokens = dataset.tokens.slice(0, 1)
  const requestsFile = await stage.writeRequests(verifyRequests(rootToken, hotTokens))
  const contenders: Contender[] = []
  for (const count of counts) {
    const server = await stage.startService(dataset, { WORKERS: String(count) })
    await verifyEach(server.url, rootToken, hotTokens)
    contenders.push({
      name: count === 1 ? '1 worker' : `${count} workers`,
      server,
      load: { origin: server.url, requestsFile, connections, expected: expectedAnswers.good },
      requireWork: fromMemory('valid'),
      databaseUrl,
    })
  }
  const slices = await contest(contenders, stage.rounds)
  const [one, two, four] = contenders
  if (one === undefined || two === undefined || four === undefined) throw new Error('No workers.')
  const against = (contender: Contender, figure: 'cpu' | 'rate') =>
    medianRatio(slicesOf(slices, contender), slicesOf(slices, one), figure)
  const cores = availableParallelism()
  const remark =
    cores > 4
      ? `measured with ${cores} cores.`
      : `no figure of what workers can do: the generator and they share ${cores} cores.`
  return {
    findings: [
      {
        what: '2 workers: CPU time a request, against one',
        value: against(two, 'cpu'),
        unit: 'times',
        goal: { atMost: 1.1 },
      },
      {
        what: '4 workers: CPU time a request, against one',
        value: against(four, 'cpu'),
        unit: 'times',
      },
      { what: '2 workers: rate, against one', value: against(two, 'rate'), unit: 'times', remark },
      { what: '4 workers: rate, against one', value: against(four, 'rate'), unit: 'times' },
    ],
    standings: standingsOf(slices),
  }
}
