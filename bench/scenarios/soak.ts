import { setTimeout as sleep } from 'node:timers/promises'
import { askVerdict, revoke, verifyEach } from '../ask.ts'
import { type Candidate, measure, resultOf, type Sample } from '../benchmark.ts'
import { readSamples } from '../counters.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { forgeTokens } from '../datasets/forge.ts'
import { connections, type Harness } from '../harness.ts'
import { runAtRate } from '../load/generators.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { ScenarioResult } from '../results.ts'
import type { ServerProcess } from '../servers/server-process.ts'
import { median } from '../statistics.ts'

const sampleSeconds = 10
const forgedPerSecond = 500
const betweenRevocationsMs = 2_000
const receiptMs = 5_000
/** Half of the keys that are asked for: the rarer ones are evicted and loaded again. */
const shareRemembered = 0.5

/**
 * Everything at once, at full speed, for many minutes: a Zipf mix of more keys than the cache
 * holds, so that most are hot and some are cold; forged tokens; and a revocation every other
 * second.
 */
export async function measureSoak(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.main()
  const { rootToken, tokens } = dataset
  const server = await harness.startService(dataset, {
    CACHE_MAX_KEYS: String(Math.floor(tokens.length * shareRemembered)),
  })
  // Memory is full from the beginning: what grows afterwards is no cache.
  await verifyEach(server.url, rootToken, tokens)
  const mix: Candidate = {
    name: 'soak: hot, cold, forged tokens and revocations at once',
    server,
    load: {
      origin: server.url,
      requestsFile: await harness.writeRequests(verifyRequests(rootToken, tokens)),
      sequenceFile: await harness.writeZipf(tokens.length),
      connections,
      expected: expectedAnswers.good,
    },
    databaseUrl: dataset.databaseUrl,
    beside: async (until) => {
      await Promise.all([forge(), revokeUntil(until, server, dataset)])
    },
  }
  const forged = {
    ...mix.load,
    requestsFile: await harness.writeRequests(verifyRequests(rootToken, forgeTokens(tokens))),
    expected: expectedAnswers.notFound,
  }
  const forge = async () => {
    const { errors } = await runAtRate(forged, forgedPerSecond, sampleSeconds)
    if (errors > 0) throw new Error(`${errors} forged tokens were not refused.`)
  }

  const samples: Sample[] = []
  const resident: number[] = []
  const heap: number[] = []
  const count = Math.max(3, Math.ceil((harness.soakMinutes * 60) / sampleSeconds))
  for (let index = 0; index < count; index += 1) {
    samples.push(await measure(mix, sampleSeconds))
    const sampleOf = await readSamples(server.url)
    resident.push((await server.usage()).residentBytes / 1e6)
    heap.push(sampleOf('nodejs_heap_size_used_bytes') / 1e6)
  }
  const third = Math.floor(count / 3)
  const [second, last] = [resident.slice(third, 2 * third), resident.slice(2 * third)]
  const minutes = Number(((count * sampleSeconds) / 60).toFixed(1))
  return {
    findings: [
      {
        what: `Soak, ${minutes} min: resident memory in the last third, relative to the second`,
        value: median(last) / median(second),
        unit: 'times',
        goal: { atMost: 1.05 },
      },
      { what: 'Resident memory at the end of the soak', value: resident.at(-1) ?? 0, unit: 'MB' },
    ],
    medians: [resultOf(mix.name, samples)],
    chart: {
      title: 'Memory at full load',
      yTitle: 'megabytes',
      xTitle: 'minutes',
      xLabels: resident.map((_, index) => minuteLabel(index, count)),
      series: [
        { name: 'resident', values: resident },
        { name: 'heap in use', values: heap },
      ],
    },
  }
}

async function revokeUntil(
  until: AbortSignal,
  { url }: ServerProcess,
  { takeRevocable, rootToken, accountId }: Dataset,
): Promise<void> {
  while (!until.aborted) {
    const [token = ''] = takeRevocable(1)
    await verifyEach(url, rootToken, [token])
    await revoke(url, rootToken, { token, accountId }, receiptMs)
    const { reason } = await askVerdict(url, rootToken, token)
    if (reason !== 'revoked') throw new Error('A revoked token was not denied.')
    await sleep(betweenRevocationsMs)
  }
}

/** A label for each tenth of the time: the others would lie over each other. */
function minuteLabel(index: number, count: number): string {
  const every = Math.max(1, Math.ceil(count / 10))
  if ((index + 1) % every !== 0) return ''
  return String(Number((((index + 1) * sampleSeconds) / 60).toFixed(1)))
}
