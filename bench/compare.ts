/**
 * Compares this checkout with another one in one run, both on one database and started anew for
 * each round:
 *   npm run bench:compare -- --against FOLDER [--rounds 7] [--only hot,cold,forged,batch]
 * Prints for each load the median over the rounds of this checkout's rate, CPU time and p99 against
 * the other's in the same round. FOLDER is a checkout with its dependencies installed, such as a
 * worktree of an earlier commit; it must accept the schema of this one.
 */
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { verifyEach } from './ask.ts'
import { benchmarkAnew, type Candidate, medianRatio, samplesOf } from './benchmark.ts'
import type { Dataset } from './datasets/dataset.ts'
import { createDatasets } from './datasets/datasets.ts'
import { forgeTokens } from './datasets/forge.ts'
import { connections, type Harness, withHarness } from './harness.ts'
import { requireWrk } from './load/generators.ts'
import { expectedAnswers, type Load, verifyRequests } from './load/load.ts'
import { batchRequests } from './scenarios/batch.ts'

const loads = ['hot', 'cold', 'forged', 'batch'] as const
type LoadName = (typeof loads)[number]

const projectFolder = join(import.meta.dirname, '..')
const keys = 10_000
const batchSize = 100
/** With a cache this small, each of many tokens in turn is evicted before it comes again. */
const coldTokens = 2_000
const coldCacheKeys = '128'

const { values: given } = parseArgs({
  options: {
    against: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    only: { type: 'string', default: loads.join() },
  },
})
await main()

async function main(): Promise<void> {
  if (given.against === undefined) throw new Error('Name the other checkout: --against FOLDER.')
  const other = relative(projectFolder, resolve(given.against))
  const names = loads.filter((name) => given.only.split(',').includes(name))
  const rounds = { count: Number(given.rounds), seconds: 4, warmUpSeconds: 3 }
  await requireWrk()
  const tell = (step: string) => void process.stderr.write(`${step} ...\n`)
  const datasets = createDatasets(false, tell)
  try {
    for (const name of names) {
      tell(name)
      const given = { rounds, isQuick: false, soakMinutes: 0, datasets, tell }
      await withHarness(given, (harness) => compare(harness, name, other))
    }
  } finally {
    await datasets.drop()
  }
}

async function compare(harness: Harness, name: LoadName, other: string): Promise<void> {
  const dataset = await harness.datasets.main()
  const samples = await benchmarkAnew(harness, async (inner) => [
    await start(inner, dataset, name, other),
    await start(inner, dataset, name, ''),
  ])
  const [before, after] = Array.from(samples.keys(), (candidate) => samplesOf(samples, candidate))
  if (before === undefined || after === undefined) throw new Error('Two checkouts take part.')
  const [rate, cpu, p99] = (['rate', 'cpu', 'p99'] as const).map((figure) =>
    medianRatio(after, before, figure).toFixed(3),
  )
  console.log(`${name}: rate ${rate}, CPU time a request ${cpu}, p99 ${p99}, against the other's`)
}

async function start(
  harness: Harness,
  dataset: Dataset,
  name: LoadName,
  folder: string,
): Promise<Candidate> {
  const { databaseUrl, rootToken } = dataset
  const server = await harness.start({
    script: join(folder, 'src/main.ts'),
    settings: {
      DATABASE_URL: databaseUrl,
      MIGRATE: 'off',
      ...(name === 'cold' && { CACHE_MAX_KEYS: coldCacheKeys }),
    },
  })
  const tokens = dataset.tokens.slice(0, name === 'cold' ? coldTokens : keys)
  if (name === 'hot' || name === 'batch') await verifyEach(server.url, rootToken, tokens)
  return {
    name: folder,
    server,
    load: { ...(await loadOf(harness, name, rootToken, tokens)), origin: server.url },
  }
}

async function loadOf(
  harness: Harness,
  name: LoadName,
  rootToken: string,
  tokens: readonly string[],
): Promise<Omit<Load, 'origin'>> {
  switch (name) {
    case 'hot':
      return {
        requestsFile: await harness.writeRequests(verifyRequests(rootToken, tokens)),
        sequenceFile: await harness.writeZipf(tokens.length),
        connections,
        expected: expectedAnswers.good,
      }
    case 'cold':
      return {
        requestsFile: await harness.writeRequests(verifyRequests(rootToken, tokens)),
        connections,
        expected: expectedAnswers.good,
      }
    case 'forged':
      return {
        requestsFile: await harness.writeRequests(
          verifyRequests(rootToken, forgeTokens([...tokens])),
        ),
        connections,
        expected: expectedAnswers.notFound,
      }
    case 'batch':
      return {
        requestsFile: await harness.writeRequests(batchRequests(rootToken, tokens, batchSize)),
        connections,
        expected: { start: '{"verdicts":[{"valid":true,', goodVerdicts: batchSize },
      }
  }
}
