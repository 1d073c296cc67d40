import { setTimeout as sleep } from 'node:timers/promises'
import { askVerdict, revoke, verifyEach } from '../ask.ts'
import { benchmark, type Candidate, medianRatio, resultsOf, samplesOf } from '../benchmark.ts'
import { connections, type Harness } from '../harness.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { ScenarioResult } from '../results.ts'

const mixed = 10_000
const betweenMs = 1_000
const receiptMs = 2_000

/**
 * 10,000 keys in a Zipf mix, without revocations and with one a second of keys that memory knows.
 */
export async function measureRevoking(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.main()
  const { rootToken, databaseUrl, accountId } = dataset
  const server = await harness.startService(dataset)
  const tokens = dataset.tokens.slice(0, mixed)
  const { count, seconds, warmUpSeconds } = harness.rounds
  // One a second, and one that is under way when a round ends.
  const toRevoke = dataset.takeRevocable(warmUpSeconds + 1 + count * (seconds + 1))
  await verifyEach(server.url, rootToken, [...tokens, ...toRevoke])

  const quiet: Candidate = {
    name: 'hot mix',
    server,
    load: {
      origin: server.url,
      requestsFile: await harness.writeRequests(verifyRequests(rootToken, tokens)),
      sequenceFile: await harness.writeZipf(tokens.length),
      connections,
      expected: expectedAnswers.good,
    },
    databaseUrl,
  }
  const revoking: Candidate = {
    ...quiet,
    name: 'hot mix, one revocation per second',
    beside: async (until) => {
      while (!until.aborted) {
        await sleep(betweenMs / 2)
        await revokeOne()
        await sleep(betweenMs / 2)
      }
    },
  }
  const revokeOne = async () => {
    const token = toRevoke.pop()
    if (token === undefined) throw new Error('There are too few keys to revoke.')
    const state = await revoke(server.url, rootToken, { token, accountId }, receiptMs)
    const { reason } = await askVerdict(server.url, rootToken, token)
    if (state !== 'complete' || reason !== 'revoked') throw new Error(`${state}, but ${reason}.`)
  }
  const samples = await benchmark([quiet, revoking], harness.rounds)
  const against = (figure: 'rate' | 'p99') =>
    medianRatio(samplesOf(samples, revoking), samplesOf(samples, quiet), figure)
  return {
    findings: [
      {
        what: 'With one revocation per second: rate, relative to none',
        value: against('rate'),
        unit: 'times',
      },
      {
        what: 'With one revocation per second: p99, relative to none',
        value: against('p99'),
        unit: 'times',
      },
    ],
    medians: resultsOf(samples),
  }
}
