import { verifyEach } from '../ask.ts'
import { benchmark, type Candidate, medianRatio, resultsOf, samplesOf } from '../benchmark.ts'
import { forgeTokens } from '../datasets/forge.ts'
import { connections, type Harness } from '../harness.ts'
import { runAtRate } from '../load/generators.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { ScenarioResult } from '../results.ts'

const keys = 10_000
const goodPerSecond = 1_000
const forgedPerGood = 5
/** The flood is there before the good traffic comes, and still there when it ends. */
const marginSeconds = 1

/**
 * Good traffic at a fixed rate, alone and beside a flood of forged tokens at five times that rate.
 */
export async function measureFlood(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.main()
  const { rootToken, databaseUrl } = dataset
  const tokens = dataset.tokens.slice(0, keys)
  const server = await harness.startService(dataset)
  await verifyEach(server.url, rootToken, tokens)
  const flood = {
    origin: server.url,
    requestsFile: await harness.writeRequests(verifyRequests(rootToken, forgeTokens(tokens))),
    connections,
    expected: expectedAnswers.notFound,
  }
  const alone: Candidate = {
    name: `valid tokens, ${goodPerSecond}/s, alone`,
    server,
    load: {
      origin: server.url,
      requestsFile: await harness.writeRequests(verifyRequests(rootToken, tokens)),
      sequenceFile: await harness.writeZipf(tokens.length),
      connections,
      expected: expectedAnswers.good,
    },
    ratePerSecond: goodPerSecond,
    databaseUrl,
  }
  const forgedPerSecond = goodPerSecond * forgedPerGood
  const beset: Candidate = {
    ...alone,
    name: `the same beside ${forgedPerSecond} forged tokens/s`,
    beside: async () => {
      const seconds = harness.rounds.seconds + marginSeconds
      const { errors } = await runAtRate(flood, forgedPerSecond, seconds)
      if (errors > 0) throw new Error(`${errors} forged tokens were not refused.`)
    },
  }
  const samples = await benchmark([alone, beset], {
    ...harness.rounds,
    // The flood lasts as long as a round and is the same while warming up.
    warmUpSeconds: harness.rounds.seconds,
  })
  return {
    findings: [
      {
        what: 'Valid tokens beside five times as many forged ones: p99, relative to none',
        value: medianRatio(samplesOf(samples, beset), samplesOf(samples, alone), 'p99'),
        unit: 'times',
        goal: { atMost: 2 },
      },
    ],
    medians: resultsOf(samples),
  }
}
