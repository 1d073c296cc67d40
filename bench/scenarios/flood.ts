import { verifyEach } from '../ask.ts'
import { type Contender, contest, medianRatio, slicesOf, standingsOf } from '../benchmark.ts'
import { forgeTokens } from '../datasets/forge.ts'
import { connections, type Stage } from '../harness.ts'
import { runAtRate } from '../load/generators.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { PartResult } from '../results.ts'

const keys = 10_000
const goodPerSecond = 1_000
const forgedPerGood = 5
/** The flood is there before the good traffic comes, and still there when it ends. */
const marginSeconds = 1

/** Good traffic at a fixed rate, alone and beside a flood of forged tokens at five times that rate. */
export async function measureFlood(stage: Stage): Promise<PartResult> {
  const dataset = await stage.datasets.main()
  const { rootToken, databaseUrl } = dataset
  const tokens = dataset.tokens.slice(0, keys)
  const server = await stage.startService(dataset)
  await verifyEach(server.url, rootToken, tokens)
  const flood = {
    origin: server.url,
    requestsFile: await stage.writeRequests(verifyRequests(rootToken, forgeTokens(tokens))),
    connections,
    expected: expectedAnswers.notFound,
  }
  const alone: Contender = {
    name: `good tokens, ${goodPerSecond}/s, alone`,
    server,
    load: {
      origin: server.url,
      requestsFile: await stage.writeRequests(verifyRequests(rootToken, tokens)),
      sequenceFile: await stage.writeZipf(tokens.length),
      connections,
      expected: expectedAnswers.good,
    },
    ratePerSecond: goodPerSecond,
    databaseUrl,
  }
  const forgedPerSecond = goodPerSecond * forgedPerGood
  const beset: Contender = {
    ...alone,
    name: `the same beside ${forgedPerSecond} forged tokens/s`,
    beside: async () => {
      const seconds = stage.rounds.seconds + marginSeconds
      const { errors } = await runAtRate(flood, forgedPerSecond, seconds)
      if (errors > 0) throw new Error(`${errors} forged tokens were not refused.`)
    },
  }
  const slices = await contest([alone, beset], {
    ...stage.rounds,
    // The flood lasts as long as a round and is the same while warming up.
    warmUpSeconds: stage.rounds.seconds,
  })
  return {
    findings: [
      {
        what: 'Good tokens beside five times as many forged ones: p99, against without them',
        value: medianRatio(slicesOf(slices, beset), slicesOf(slices, alone), 'p99'),
        unit: 'times',
        goal: { atMost: 2 },
      },
    ],
    standings: standingsOf(slices),
  }
}
