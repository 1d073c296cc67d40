import { askVerdict } from '../ask.ts'
import { benchmarkAnew, type Candidate, measure, medianRatio, resultsOf } from '../benchmark.ts'
import { requireBounds } from '../bounds.ts'
import { loadCounters } from '../counters.ts'
import { countsOfDatabase } from '../database-usage.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { forgeTokens } from '../datasets/forge.ts'
import { connections, type Harness } from '../harness.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { Finding, ScenarioResult } from '../results.ts'
import { fromMemory } from '../work.ts'

const forgeries = 10_000

/** Forged tokens alone, against the service that answers the same refusal unverified. */
export async function measureForged(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.main()
  const samples = await benchmarkAnew(harness, async (inner) => [
    await startUnverifying(inner, dataset),
    await startAttacked(inner, dataset),
  ])
  const [less, more] = Array.from(samples, ([{ name }, done]) => ({ name, samples: done }))
  if (less === undefined || more === undefined) throw new Error('Two take part.')
  requireBounds([{ less, more }])
  const [its, mine] = [less.samples, more.samples]
  return {
    findings: [
      {
        what: 'Forged tokens: rate, relative to the service without verification',
        value: medianRatio(mine, its, 'rate'),
        unit: 'times',
        goal: { atLeast: 0.8 },
      },
      {
        what: 'Forged tokens: CPU time of the service without verification, relative to the service',
        value: medianRatio(its, mine, 'cpu'),
        unit: 'times',
      },
      ...(await countWork(await startAttacked(harness, dataset), harness.rounds.seconds)),
    ],
    medians: resultsOf(samples),
  }
}

async function startUnverifying(harness: Harness, dataset: Dataset): Promise<Candidate> {
  const { rootToken, databaseUrl } = dataset
  const server = await harness.start({
    script: 'bench/servers/without-verification.ts',
    settings: { DATABASE_URL: databaseUrl, CALLER: rootToken },
  })
  return {
    name: 'the service without verification, denying',
    server,
    load: { ...(await loadOf(harness, dataset)), origin: server.url },
  }
}

async function startAttacked(harness: Harness, dataset: Dataset): Promise<Candidate> {
  const { rootToken, databaseUrl } = dataset
  const server = await harness.startService(dataset)
  // From here on the caller is known.
  await askVerdict(server.url, rootToken, rootToken)
  return {
    name: 'forged tokens',
    server,
    load: { ...(await loadOf(harness, dataset)), origin: server.url },
    requireWork: fromMemory('notFound'),
    databaseUrl,
  }
}

async function loadOf(harness: Harness, { rootToken, tokens }: Dataset) {
  const forged = forgeTokens(tokens.slice(0, forgeries))
  return {
    requestsFile: await harness.writeRequests(verifyRequests(rootToken, forged)),
    connections,
    expected: expectedAnswers.notFound,
  }
}

/** What a flood of them makes the service ask of the database and of Argon2. */
async function countWork(attacked: Candidate, seconds: number): Promise<readonly Finding[]> {
  const { databaseUrl = '', server } = attacked
  const before = await countsOfDatabase(databaseUrl)
  const countersBefore = await loadCounters(server.url)
  const { requests } = await measure(attacked, seconds)
  const counters = await loadCounters(server.url)
  const after = await countsOfDatabase(databaseUrl)
  return [
    {
      what: 'Forged tokens: credential reads and Argon2 hashes, by the metrics',
      value:
        counters.credentialReads -
        countersBefore.credentialReads +
        (counters.argon2 - countersBefore.argon2),
      unit: 'statements',
      goal: { atMost: 0 },
    },
    {
      what: 'Database transactions per forged token (change feeds)',
      value: (after.transactions - before.transactions) / requests,
      unit: 'transactions',
      goal: { atMost: 0.01 },
    },
  ]
}
