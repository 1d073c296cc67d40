import { setTimeout as sleep } from 'node:timers/promises'
import { askVerdict, revoke, verifyEach } from '../ask.ts'
import { type Contender, contest, medianRatio, slicesOf, standingsOf } from '../benchmark.ts'
import { connections, type Stage } from '../harness.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { PartResult } from '../results.ts'

const mixed = 10_000
const betweenMs = 1_000
const receiptMs = 2_000

/** 10,000 keys in a Zipf mix, without revocations and with one a second of keys that memory knows. */
export async function measureRevoking(stage: Stage): Promise<PartResult> {
  const dataset = await stage.datasets.main()
  const { rootToken, databaseUrl, accountId } = dataset
  const server = await stage.startService(dataset)
  const tokens = dataset.tokens.slice(0, mixed)
  const { count, seconds, warmUpSeconds } = stage.rounds
  // One a second, and one that is under way when a round ends.
  const toRevoke = dataset.takeRevocable(warmUpSeconds + 1 + count * (seconds + 1))
  await verifyEach(server.url, rootToken, [...tokens, ...toRevoke])

  const quiet: Contender = {
    name: 'hot mix',
    server,
    load: {
      origin: server.url,
      requestsFile: await stage.writeRequests(verifyRequests(rootToken, tokens)),
      sequenceFile: await stage.writeZipf(tokens.length),
      connections,
      expected: expectedAnswers.good,
    },
    databaseUrl,
  }
  const revoking: Contender = {
    ...quiet,
    name: 'hot mix, one revocation a second',
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
  const slices = await contest([quiet, revoking], stage.rounds)
  const against = (figure: 'rate' | 'p99') =>
    medianRatio(slicesOf(slices, revoking), slicesOf(slices, quiet), figure)
  return {
    findings: [
      {
        what: 'With one revocation a second: rate, against none',
        value: against('rate'),
        unit: 'times',
      },
      {
        what: 'With one revocation a second: p99, against none',
        value: against('p99'),
        unit: 'times',
      },
    ],
    standings: standingsOf(slices),
  }
}
