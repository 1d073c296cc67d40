import { askVerdict } from '../ask.ts'
import { type Contender, contest, medianRatio, slicesOf, standingsOf } from '../contest.ts'
import { type ExpectedAnswer, expectedAnswers, verifyRequests } from '../load/load.ts'
import type { Finding, PartResult } from '../results.ts'
import { connections, type Stage } from '../stage.ts'
import { fromMemory } from '../work.ts'

/** An authentic token that is revoked or expired, presented again and again, against a good one. */
export async function measureDenied(stage: Stage): Promise<PartResult> {
  const dataset = await stage.datasets.main()
  const { rootToken, databaseUrl } = dataset
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
  const { tokens, revokedTokens, expiredTokens } = dataset
  const good = await contender('a good token', tokens[0], 'valid', expectedAnswers.good)
  const revoked = await contender(
    'a revoked token',
    revokedTokens[0],
    'revoked',
    expectedAnswers.revoked,
  )
  const expired = await contender(
    'an expired token',
    expiredTokens[0],
    'expired',
    expectedAnswers.expired,
  )
  const slices = await contest([good, revoked, expired], stage.rounds)
  const against = (denied: Contender): Finding => ({
    what: `${denied.name}, repeated: CPU time, against a good one`,
    value: medianRatio(slicesOf(slices, denied), slicesOf(slices, good), 'cpu'),
    unit: 'times',
    goal: { atMost: 1.05 },
  })
  return { findings: [against(revoked), against(expired)], standings: standingsOf(slices) }
}
