import { askVerdict } from '../ask.ts'
import {
  type Contender,
  contestAnew,
  measure,
  medianRatio,
  slicesOf,
  standingsOf,
} from '../benchmark.ts'
import { readTallies } from '../counters.ts'
import { countsOfDatabase } from '../database-usage.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { forgeTokens } from '../datasets/forge.ts'
import { connections, type Stage } from '../harness.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { Finding, PartResult } from '../results.ts'
import { fromMemory } from '../work.ts'

const forgeries = 10_000

/** Forged tokens alone, against the floor that answers the same refusal. */
export async function measureForged(stage: Stage): Promise<PartResult> {
  const dataset = await stage.datasets.main()
  const slices = await contestAnew(stage, async (inner) => [
    await startFloor(inner, dataset),
    await startAttacked(inner, dataset),
  ])
  const [its, mine] = Array.from(slices.keys(), (contender) => slicesOf(slices, contender))
  if (its === undefined || mine === undefined) throw new Error('Two take part.')
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
      ...(await countWork(await startAttacked(stage, dataset), stage.rounds.seconds)),
    ],
    standings: standingsOf(slices),
  }
}

async function startFloor(stage: Stage, dataset: Dataset): Promise<Contender> {
  const { rootToken, databaseUrl } = dataset
  const server = await stage.start({
    script: 'bench/servers/baseline.ts',
    settings: { DATABASE_URL: databaseUrl, FLOOR_CALLER: rootToken },
  })
  return {
    name: 'the floor, refusing',
    server,
    load: { ...(await loadOf(stage, dataset)), origin: server.url },
  }
}

async function startAttacked(stage: Stage, dataset: Dataset): Promise<Contender> {
  const { rootToken, databaseUrl } = dataset
  const server = await stage.startService(dataset)
  // From here on the caller is known.
  await askVerdict(server.url, rootToken, rootToken)
  return {
    name: 'forged tokens',
    server,
    load: { ...(await loadOf(stage, dataset)), origin: server.url },
    requireWork: fromMemory('notFound'),
    databaseUrl,
  }
}

async function loadOf(stage: Stage, { rootToken, tokens }: Dataset) {
  const forged = forgeTokens(tokens.slice(0, forgeries))
  return {
    requestsFile: await stage.writeRequests(verifyRequests(rootToken, forged)),
    connections,
    expected: expectedAnswers.notFound,
  }
}

/** What a flood of them makes the service ask of the database and of Argon2. */
async function countWork(attacked: Contender, seconds: number): Promise<readonly Finding[]> {
  const { databaseUrl = '', server } = attacked
  const before = await countsOfDatabase(databaseUrl)
  const talliesBefore = await readTallies(server.url)
  const { requests } = await measure(attacked, seconds)
  const tallies = await readTallies(server.url)
  const after = await countsOfDatabase(databaseUrl)
  return [
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
  ]
}
