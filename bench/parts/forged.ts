import { askVerdict } from '../ask.ts'
import { type Contender, contest, medianRatio, slicesOf, standingsOf } from '../contest.ts'
import { countsOfDatabase } from '../database-usage.ts'
import { forgeTokens } from '../datasets/forge.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { PartResult } from '../results.ts'
import { connections, type Stage } from '../stage.ts'
import { readTallies } from '../tallies.ts'
import { fromMemory } from '../work.ts'

const forgeries = 10_000

/** Forged tokens alone, against the floor that answers the same refusal. */
export async function measureForged(stage: Stage): Promise<PartResult> {
  const dataset = await stage.datasets.main()
  const { rootToken, databaseUrl, tokens } = dataset
  const forged = forgeTokens(tokens.slice(0, forgeries))
  const service = await stage.startService(dataset)
  // From here on the caller is known.
  await askVerdict(service.url, rootToken, rootToken)
  const floorServer = await stage.start({
    script: 'bench/servers/floor.ts',
    settings: { DATABASE_URL: databaseUrl, FLOOR_CALLER: rootToken },
  })
  const load = {
    requestsFile: await stage.writeRequests(verifyRequests(rootToken, forged)),
    connections,
    expected: expectedAnswers.notFound,
  }
  const floor: Contender = {
    name: 'the floor, refusing',
    server: floorServer,
    load: { ...load, origin: floorServer.url },
  }
  const attacked: Contender = {
    name: 'forged tokens',
    server: service,
    load: { ...load, origin: service.url },
    requireWork: fromMemory('notFound'),
    databaseUrl,
  }
  const before = await countsOfDatabase(databaseUrl)
  const talliesBefore = await readTallies(service.url)
  const slices = await contest([floor, attacked], stage.rounds)
  const tallies = await readTallies(service.url)
  const after = await countsOfDatabase(databaseUrl)

  const [mine, its] = [slicesOf(slices, attacked), slicesOf(slices, floor)]
  const requests = mine.reduce((sum, slice) => sum + slice.requests, 0)
  return {
    findings: [
      {
        what: 'Forged tokens: rate, against the floor',
        value: medianRatio(mine, its, 'rate'),
        unit: 'times',
        goal: { atLeast: 0.8 },
      },
      {
        what: 'Forged tokens: CPU time of the floor, against their own',
        value: medianRatio(its, mine, 'cpu'),
        unit: 'times',
      },
      {
        what: 'Forged tokens: reads of credentials and Argon2 hashes, by the metrics',
        value:
          tallies.credentialReads -
          talliesBefore.credentialReads +
          (tallies.argon2 - talliesBefore.argon2),
        unit: 'statements',
        goal: { atMost: 0 },
      },
      {
        what: 'Transactions of the database for each forged token: change feeds',
        value: (after.transactions - before.transactions) / requests,
        unit: 'transactions',
        goal: { atMost: 0.01 },
      },
    ],
    standings: standingsOf(slices),
  }
}
