import { askVerdict } from '../ask.ts'
import { type Contender, contestAnew, medianRatio, slicesOf, standingsOf } from '../benchmark.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { connections, type Stage } from '../harness.ts'
import { type ExpectedAnswer, expectedAnswers, verifyRequests } from '../load/load.ts'
import type { Finding, PartResult } from '../results.ts'
import { fromMemory } from '../work.ts'

/** An authentic token that is revoked or expired, presented again and again, against a good one. */
export async function measureDenied(stage: Stage): Promise<PartResult> {
  const dataset = await stage.datasets.main()
  const slices = await contestAnew(stage, (inner) => startContenders(inner, dataset))
  const [good, ...denied] = slices.keys()
  if (good === undefined) throw new Error('A good token takes part.')
  const against = (contender: Contender): Finding => ({
    what: `${contender.name}, repeated: CPU time, against a good one`,
    value: medianRatio(slicesOf(slices, contender), slicesOf(slices, good), 'cpu'),
    unit: 'times',
    goal: { atMost: 1.05 },
  })
  return { findings: denied.map(against), standings: standingsOf(slices) }
}

/** One service, which meets all three. */
async function startContenders(stage: Stage, dataset: Dataset): Promise<readonly Contender[]> {
  const { rootToken, databaseUrl, tokens, revokedTokens, expiredTokens } = dataset
  const server = await stage.startService(dataset)
  const contender = async (
    name: string,
    token: string | undefined,
    outcome: 'valid' | 'revoked' | 'expired',
    expected: ExpectedAnswer,
  ): Promise<Contender> => {
    if (token === undefined) throw new Error(`There is no token for: ${name}.`)
    await askVerdict(server.url, rootToken, token)
    const requestsFile = await stage.writeRequests(verifyRequests(rootToken, [token]))
    return {
      name,
      server,
      load: { origin: server.url, requestsFile, connections, expected },
      requireWork: fromMemory(outcome),
      databaseUrl,
    }
  }
  return [
    await contender('a good token', tokens[0], 'valid', expectedAnswers.good),
    await contender('a revoked token', revokedTokens[0], 'revoked', expectedAnswers.revoked),
    await contender('an expired token', expiredTokens[0], 'expired', expectedAnswers.expired),
  ]
}
