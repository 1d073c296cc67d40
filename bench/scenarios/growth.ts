import { verifyEach } from '../ask.ts'
import { benchmark, type Candidate, medianRatio, resultsOf, samplesOf } from '../benchmark.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { connections, type Harness } from '../harness.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { Facts, Finding, ScenarioResult } from '../results.ts'
import type { ServerProcess } from '../servers/server-process.ts'
import { median } from '../statistics.ts'
import { byArgon2, fromMemory } from '../work.ts'

export const sizes = [1_000, 10_000, 100_000, 1_000_000] as const
export const growthNames = {
  hot: 'hot',
  cold: 'cold',
  list: 'list',
} as const

/** As many as the smallest account has keys with a known secret. */
const tokensUsed = 500
/**
 * A cache for far fewer keys than are asked for in turn: each entry is evicted before its turn
 * comes again, and is as cold as at first sight, in a process that has long been warm. The caller
 * is used all the time, and stays.
 */
const coldCacheKeys = '128'
const coldPerSecond = 500
const listers = 4
/** So many keys of each state the smallest account has: a page is full at every size. */
const pageSize = 20
const samplesOfList = 15

interface Grown {
  readonly size: number
  readonly dataset: Dataset
  readonly remembering: ServerProcess
  readonly forgetting: ServerProcess
  readonly hot: Candidate
  readonly cold: Candidate
  readonly list: Candidate
}

/**
 * What the number of keys of an account costs: hot, cold and listing, from a thousand to a million.
 */
export async function measureGrowth(harness: Harness): Promise<ScenarioResult> {
  const grown: Grown[] = []
  for (const size of sizes) grown.push(await grow(harness, size))
  await requirePagesAlike(grown)
  const samples = new Map([
    ...(await benchmark(
      grown.map(({ hot }) => hot),
      harness.rounds,
    )),
    ...(await benchmark(
      grown.map(({ cold }) => cold),
      harness.rounds,
    )),
    ...(await benchmark(
      grown.map(({ list }) => list),
      harness.rounds,
    )),
  ])
  const [smallest, largest] = [grown.at(0), grown.at(-1)]
  if (smallest === undefined || largest === undefined) throw new Error('There are no sizes.')
  const against = (kind: 'hot' | 'cold' | 'list', what: string, isGoal: boolean): Finding => ({
    what: `${what} at 1,000,000 keys: p99, relative to 1,000 keys`,
    value: medianRatio(
      samplesOf(samples, largest[kind]),
      samplesOf(samples, smallest[kind]),
      'p99',
    ),
    unit: 'times',
    ...(isGoal && { goal: { atMost: 1.3 } }),
  })
  return {
    findings: [
      against('cold', 'Cold', true),
      against('list', 'A page of a list, each order and filter in turn,', true),
      against('hot', 'Hot', false),
    ],
    medians: resultsOf(samples),
    facts: await timeLists(grown),
  }
}

async function grow(harness: Harness, size: number): Promise<Grown> {
  const dataset = await harness.datasets.ofSize(size)
  const { rootToken, databaseUrl } = dataset
  const tokens = dataset.tokens.slice(0, tokensUsed)
  const remembering = await harness.startService(dataset)
  const forgetting = await harness.startService(dataset, { CACHE_MAX_KEYS: coldCacheKeys })
  await verifyEach(remembering.url, rootToken, tokens)
  const requestsFile = await harness.writeRequests(verifyRequests(rootToken, tokens))
  const keys = size.toLocaleString('en-US')
  const hot: Candidate = {
    name: `${growthNames.hot}, ${keys} keys`,
    server: remembering,
    load: { origin: remembering.url, requestsFile, connections, expected: expectedAnswers.good },
    requireWork: fromMemory('valid'),
    databaseUrl,
  }
  const cold: Candidate = {
    ...hot,
    name: `${growthNames.cold}, ${keys} keys`,
    server: forgetting,
    load: { ...hot.load, origin: forgetting.url },
    ratePerSecond: coldPerSecond,
    requireWork: byArgon2,
  }
  const lines = listPaths(dataset, plainQueries).map((path) => ({ path }))
  const list: Candidate = {
    name: `${growthNames.list}, ${keys} keys`,
    server: remembering,
    load: {
      origin: remembering.url,
      requestsFile: await harness.writeRequests({ authorization: `Bearer ${rootToken}`, lines }),
      connections: listers,
      expected: { start: '{"api_keys":[' },
    },
    databaseUrl,
  }
  return { size, dataset, remembering, forgetting, hot, cold, list }
}

const inThirtyDays = new Date(Date.now() + 30 * 24 * 60 * 60 * 1000).toISOString().slice(0, 10)

/** Each order and each filter by itself. */
const plainQueries = [
  'sort=-created_at',
  'sort=created_at',
  'sort=name',
  'sort=-name',
  'sort=expires_at',
  'sort=-expires_at',
  'status=active',
  'status=revoked',
  'status=expired',
  'name=key%200',
  'role=developer',
  'role=viewer',
  'created_by=nobody',
  `expires_before=${inThirtyDays}T00:00:00Z`,
  'last_used_before=2026-01-01T00:00:00Z',
]
/** Filters whose results come last in the order: timed by themselves only. */
const listQueries = [
  ...plainQueries,
  'status=active&sort=name',
  'status=revoked&sort=expires_at',
  // What expired before that day was issued before: all that is younger stands first in the order.
  'expires_before=2026-01-01T00:00:00Z',
]

function listPaths({ accountId }: Dataset, queries: readonly string[]): string[] {
  return queries.map((query) => `/v1/accounts/${accountId}/api-keys?limit=${pageSize}&${query}`)
}

/** Otherwise lists of fewer keys would be compared with lists of more. */
async function requirePagesAlike(grown: readonly Grown[]): Promise<void> {
  for (const query of plainQueries) {
    const lengths = new Set<number>()
    for (const { dataset, remembering } of grown) {
      const [path = ''] = listPaths(dataset, [query])
      lengths.add((await getList(remembering.url + path, dataset)).length)
    }
    if (lengths.size > 1) throw new Error(`${query} lists ${[...lengths]} keys.`)
  }
}

/** The median time of each list by itself: which one grows. */
async function timeLists(grown: readonly Grown[]): Promise<Facts> {
  const times = new Map<string, number[]>()
  for (let sample = 0; sample < samplesOfList; sample += 1) {
    for (const { size, dataset, remembering } of grown) {
      for (const [index, path] of listPaths(dataset, listQueries).entries()) {
        const key = `${index} ${size}`
        times.set(key, [...(times.get(key) ?? []), await timeGet(remembering.url + path, dataset)])
      }
    }
  }
  return {
    head: [
      `one list by itself, ${pageSize} keys, p50`,
      ...sizes.map((size) => `${size.toLocaleString('en-US')} keys`),
    ],
    rows: listQueries.map((query, index) => [
      `\`${query}\``,
      ...sizes.map((size) => `${median(times.get(`${index} ${size}`) ?? []).toFixed(1)} ms`),
    ]),
  }
}

async function timeGet(url: string, dataset: Dataset): Promise<number> {
  const sentAt = performance.now()
  await getList(url, dataset)
  return performance.now() - sentAt
}

async function getList(url: string, { rootToken }: Dataset): Promise<readonly unknown[]> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${rootToken}` } })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${text}`)
  return JSON.parse(text).api_keys
}

/** The medians of one kind by size, for a plot. */
export function growthOf(
  medians: ScenarioResult['medians'],
  kind: keyof typeof growthNames,
): { readonly size: number; readonly result: ScenarioResult['medians'][number] }[] {
  return sizes.flatMap((size) => {
    const name = `${growthNames[kind]}, ${size.toLocaleString('en-US')} keys`
    const result = medians.find((candidate) => candidate.name === name)
    return result === undefined ? [] : [{ size, result }]
  })
}
