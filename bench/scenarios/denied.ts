import { askVerdict } from '../ask.ts'
import { benchmarkAnew, type Candidate, medianRatio, resultsOf, samplesOf } from '../benchmark.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { connections, type Harness } from '../harness.ts'
import { type ExpectedAnswer, expectedAnswers, verifyRequests } from '../load/load.ts'
import type { Finding, ScenarioResult } from '../results.ts'
import { fromMemory } from '../work.ts'

/** An authentic token that is revoked or expired, presented again and again, against a good one. */
export async function measureDenied(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.main()
  const samples = await benchmarkAnew(harness, (inner) => startCandidates(inner, dataset))
  const [good, ...denied] = samples.keys()
  if (good === undefined) throw new Error('A good token takes part.')
  const against = (candidate: Candidate): Finding => ({
    what: `${candidate.name}, repeated: CPU time, relative to a valid token`,
    value: medianRatio(samplesOf(samples, candidate), samplesOf(samples, good), 'cpu'),
    unit: 'times',
    goal: { atMost: 1.05 },
  })
  return { findings: denied.map(against), medians: resultsOf(samples) }
}

/** One service, which takes all three loads. */
async function startCandidates(harness: Harness, dataset: Dataset): Promise<readonly Candidate[]> {
  const { rootToken, databaseUrl, tokens, revokedTokens, expiredTokens } = dataset
  const server = await harness.startService(dataset)
  const candidate = async (
    name: string,
    token: string | undefined,
    outcome: 'valid' | 'revoked' | 'expired',
    expected: ExpectedAnswer,
  ): Promise<Candidate> => {
    if (token === undefined) throw new Error(`There is no token for: ${name}.`)
    await askVerdict(server.url, rootToken, token)
    const requestsFile = await harness.writeRequests(verifyRequests(rootToken, [token]))
    return {
      name,
      server,
      load: { origin: server.url, requestsFile, connections, expected },
      requireWork: fromMemory(outcome),
      databaseUrl,
    }
  }
  return [
    await candidate('a valid token', tokens[0], 'valid', expectedAnswers.good),
    await candidate('a revoked token', revokedTokens[0], 'revoked', expectedAnswers.revoked),
    await candidate('an expired token', expiredTokens[0], 'expired', expectedAnswers.expired),
  ]
}
