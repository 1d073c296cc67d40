import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { verifySingly } from '../ask.ts'
import { type Candidate, latencyOf, measure, resultOf, type Sample } from '../benchmark.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { connections, type Harness, withHarness } from '../harness.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { ScenarioResult } from '../results.ts'
import { median } from '../statistics.ts'
import { byArgon2 } from '../work.ts'

const run = promisify(execFile)

/**
 * Tokens of their own that a fresh service verifies before the measurement: V8 compiles meanwhile.
 */
const warmUpTokens = { whole: 10_000, quick: 1_000, long: 30_000 } as const
/**
 * Of the Argon2 ceiling: the goal for the rate, half of which is the rate at which p99 is judged.
 */
const goal = 0.45
const wholeSeconds = 3
const quickSeconds = 1

/**
 * First verifications of tokens after a start, against what Argon2 alone can do on this machine.
 */
export async function measureCold(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.main()
  const ceilings: number[] = []
  const flatOut: Sample[] = []
  const steady: Sample[] = []
  const later: Sample[] = []
  const warmUp = harness.isQuick ? warmUpTokens.quick : warmUpTokens.whole
  const seconds = harness.isQuick ? quickSeconds : wholeSeconds
  await measureCeiling(quickSeconds)
  for (let round = 0; round < harness.rounds.count; round += 1) {
    const ceiling = await measureCeiling(seconds)
    ceilings.push(ceiling)
    const start = { harness, dataset, round, seconds }
    flatOut.push(await measureStart({ ...start, warmUp }))
    const ratePerSecond = Math.round((ceiling * goal) / 2)
    steady.push(await measureStart({ ...start, warmUp, ratePerSecond }))
    if (harness.isQuick) continue
    later.push(await measureStart({ ...start, warmUp: warmUpTokens.long, ratePerSecond }))
  }
  const ratios = flatOut.map((sample, round) => sample.requestsPerSecond / (ceilings[round] ?? 0))
  const steadyP99 = median(steady.map(({ latenciesMs }) => latencyOf(latenciesMs, 99)))
  return {
    findings: [
      {
        what: 'Cold: rate, relative to the ceiling of Argon2 alone',
        value: median(ratios),
        unit: 'times',
        goal: { atLeast: goal },
      },
      {
        what: `Cold: p99 at ${Math.round((median(ceilings) * goal) / 2)}/s, half of the target rate`,
        value: steadyP99,
        unit: 'ms',
        goal: { atMost: 20 },
      },
      { what: 'The ceiling of Argon2 alone', value: median(ceilings), unit: 'per second' },
    ],
    medians: [
      resultOf('cold, as fast as it goes', flatOut),
      resultOf('cold, at half of the target rate', steady),
      ...(harness.isQuick ? [] : [resultOf('the same, after 30,000 others', later)]),
    ],
  }
}

interface Start {
  readonly harness: Harness
  readonly dataset: Dataset
  readonly round: number
  readonly seconds: number
  /** How many other tokens it verifies before. */
  readonly warmUp: number
  /** Absent: as fast as it goes. */
  readonly ratePerSecond?: number
}

/**
 * Starts a service anew and verifies tokens that the service has not seen, each once. The tokens
 * differ in each round, so that the database has none of them cached more than others.
 */
async function measureStart({
  harness,
  dataset,
  round,
  seconds,
  warmUp,
  ratePerSecond,
}: Start): Promise<Sample> {
  const { tokens, rootToken, databaseUrl } = dataset
  const shift = Math.floor((tokens.length / harness.rounds.count) * round)
  const shifted = [...tokens.slice(shift), ...tokens.slice(0, shift)]
  return withHarness(harness, async (inner) => {
    const server = await inner.startService(dataset)
    await verifySingly(server.url, rootToken, shifted.slice(0, warmUp))
    const requests = verifyRequests(rootToken, shifted.slice(warmUp))
    const candidate: Candidate = {
      name: 'cold',
      server,
      load: {
        origin: server.url,
        requestsFile: await inner.writeRequests(requests),
        connections,
        expected: expectedAnswers.good,
      },
      ...(ratePerSecond !== undefined && { ratePerSecond }),
      databaseUrl,
      requireWork: byArgon2,
    }
    return measure(candidate, seconds)
  })
}

async function measureCeiling(seconds: number): Promise<number> {
  const script = join(import.meta.dirname, '../argon2-ceiling.ts')
  // With the threads that the service has: it does most so.
  const env = { ...process.env, UV_THREADPOOL_SIZE: String(availableParallelism()) }
  const { stdout } = await run(process.execPath, [script, String(seconds)], { env })
  return Number(stdout)
}
