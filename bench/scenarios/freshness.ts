import { askVerdict, revoke } from '../ask.ts'
import { benchmarkAnew, type Candidate, medianRatio, resultsOf } from '../benchmark.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { connections, type Harness } from '../harness.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { Finding, ScenarioResult } from '../results.ts'
import type { ServerProcess } from '../servers/server-process.ts'
import { median, percentile } from '../statistics.ts'
import { fromMemory } from '../work.ts'

const processes = 3
const notified = 200
const polled = 20
const receiptMs = 2_000
/** The ratio differs from 1 by a few hundredths, which fewer rounds do not show. */
const protocolRounds = 11

/** The cost of freshness, and the time until a revocation takes effect. */
export async function measureFreshness(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.main()
  const protocol = await measureProtocol(harness, dataset)
  const byNotice = await timeRevocations(harness, dataset, 'notify', notified)
  const byPolling = await timeRevocations(harness, dataset, 'poll', polled)
  const [waiting, hurried] = [median(byNotice.withReceipt), median(byNotice.withoutReceipt)]
  return {
    findings: [
      ...protocol.findings,
      {
        what: 'From a revocation to its denial by three processes, with notifications: p50',
        value: percentile(byNotice.toDenied, 0.5),
        unit: 'ms',
      },
      {
        what: `From a revocation to its denial by three processes, with notifications: p99 of ${notified}`,
        value: percentile(byNotice.toDenied, 0.99),
        unit: 'ms',
        goal: { atMost: 50 },
      },
      {
        what: `From a revocation to its denial by three processes, by polling every second: p99 of ${polled}`,
        value: percentile(byPolling.toDenied, 0.99),
        unit: 'ms',
        goal: { atMost: 1_100 },
      },
      {
        what: 'Time that waiting for the receipt adds to a revocation: p50',
        value: waiting - hurried,
        unit: 'ms',
        goal: { atMost: 15 },
      },
    ],
    medians: protocol.medians,
  }
}

/** One hot key with the protocol and without: bench/servers/without-protocol.ts. */
async function measureProtocol(
  harness: Harness,
  { rootToken, databaseUrl, tokens }: Dataset,
): Promise<ScenarioResult> {
  const hotTokens = tokens.slice(0, 1)
  const rounds = { ...harness.rounds, count: protocolRounds }
  const samples = await benchmarkAnew({ ...harness, rounds }, async (inner) => {
    const load = {
      requestsFile: await inner.writeRequests(verifyRequests(rootToken, hotTokens)),
      connections,
      expected: expectedAnswers.good,
    }
    const candidate = async (name: string, script: string): Promise<Candidate> => {
      const server = await inner.start({ script, settings: { DATABASE_URL: databaseUrl } })
      await askVerdict(server.url, rootToken, hotTokens[0] ?? '')
      const requireWork = fromMemory('valid')
      return { name, server, load: { ...load, origin: server.url }, databaseUrl, requireWork }
    }
    return [
      await candidate('hot, one key', 'src/main.ts'),
      await candidate(
        'the same without the freshness protocol',
        'bench/servers/without-protocol.ts',
      ),
    ]
  })
  const [fresh = [], careless = []] = [...samples.values()]
  const finding: Finding = {
    what: 'Hot, one key: CPU time with the freshness protocol, relative to without',
    value: medianRatio(fresh, careless, 'cpu'),
    unit: 'times',
    goal: { atMost: 1.03 },
  }
  return { findings: [finding], medians: resultsOf(samples) }
}

/** Milliseconds, one a revocation. */
interface RevocationTimes {
  /** From sending the revocation until the last of the processes denies the token. */
  readonly toDenied: readonly number[]
  /** Of a revocation that waits for its receipt, and of one that does not. */
  readonly withReceipt: readonly number[]
  readonly withoutReceipt: readonly number[]
}

/** Revokes keys that are hot in all processes. */
async function timeRevocations(
  harness: Harness,
  dataset: Dataset,
  changeFeed: 'notify' | 'poll',
  count: number,
): Promise<RevocationTimes> {
  const servers: ServerProcess[] = []
  for (let index = 0; index < processes; index += 1) {
    servers.push(
      await harness.startService(dataset, { CHANGE_FEED: changeFeed, LOG_LEVEL: 'warn' }),
    )
  }
  const times = {
    toDenied: [] as number[],
    withReceipt: [] as number[],
    withoutReceipt: [] as number[],
  }
  for (let index = 0; index < count; index += 1) {
    const [watched = '', waiting = '', hurried = ''] = dataset.takeRevocable(3)
    times.toDenied.push(await timeToDenied(servers, dataset, watched))
    times.withReceipt.push(await timeRevocation(servers, dataset, waiting, receiptMs))
    times.withoutReceipt.push(await timeRevocation(servers, dataset, hurried, 0))
  }
  for (const server of servers) await server.stop()
  return times
}

async function timeToDenied(
  servers: readonly ServerProcess[],
  { rootToken, accountId }: Dataset,
  token: string,
): Promise<number> {
  await makeHot(servers, rootToken, token)
  const sentAt = performance.now()
  const revoked = revoke(servers[0]?.url ?? '', rootToken, { token, accountId }, receiptMs)
  const denied = await Promise.all(servers.map(({ url }) => untilDenied(url, rootToken, token)))
  await revoked
  return Math.max(...denied) - sentAt
}

async function timeRevocation(
  servers: readonly ServerProcess[],
  { rootToken, accountId }: Dataset,
  token: string,
  waitMs: number,
): Promise<number> {
  await makeHot(servers, rootToken, token)
  const sentAt = performance.now()
  const state = await revoke(servers[0]?.url ?? '', rootToken, { token, accountId }, waitMs)
  const tookMs = performance.now() - sentAt
  if (waitMs > 0 && state !== 'complete') throw new Error(`A receipt is ${state}.`)
  return tookMs
}

async function makeHot(
  servers: readonly ServerProcess[],
  caller: string,
  token: string,
): Promise<void> {
  for (const { url } of servers) {
    if (!(await askVerdict(url, caller, token)).valid) throw new Error('A good token was denied.')
  }
}

async function untilDenied(url: string, caller: string, token: string): Promise<number> {
  while ((await askVerdict(url, caller, token)).valid) {
    // Asks again at once: the next answer may be the denial.
  }
  return performance.now()
}
