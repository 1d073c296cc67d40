import { type Counters, loadSettledCounters } from './counters.ts'
import { usageOfDatabase } from './database-usage.ts'
import { type Harness, withHarness } from './harness.ts'
import { runAtFullSpeed, runAtRate, runOverSockets } from './load/generators.ts'
import {
  type LatencyPercentile,
  type Load,
  latencyPercentiles,
  type Measured,
} from './load/load.ts'
import type { Result } from './results.ts'
import type { ServerProcess } from './servers/server-process.ts'
import { median } from './statistics.ts'
import { isSteady } from './steady.ts'

/** One side of a comparison: a load, and the server that it goes to. */
export interface Candidate {
  readonly name: string
  readonly server: ServerProcess
  readonly load: Load
  /** Absent: as fast as the connections allow. */
  readonly ratePerSecond?: number
  /** Whether a generator of our own loads it, which knows Unix sockets, in place of wrk. */
  readonly isOverSockets?: boolean
  /** The database whose CPU time is counted; absent: it has none. */
  readonly databaseUrl?: string
  /** Throws unless the server did the work that the load should have caused: see work.ts. */
  readonly requireWork?: RequireWork
  /** Runs beside the load, and ends soon after the signal. */
  readonly beside?: (until: AbortSignal) => Promise<unknown>
}

export type RequireWork = (done: Counters, requests: number, connections: number) => void

/** The result of one candidate in one round. */
export interface Sample extends Omit<Result, 'name'> {
  readonly requests: number
}
export type Samples = readonly Sample[]

export interface Rounds {
  readonly count: number
  readonly seconds: number
  /**
   * At least: a candidate at full speed warms up until its rate is steady. 0: it does not warm up.
   */
  readonly warmUpSeconds: number
}

/** In seconds. A rate that still grows then is not that of a warm server. */
const longestWarmUp = 60
/**
 * V8 has compiled what is hot by then: on a busy machine a few seconds bring fewer requests. A slow
 * server has at least these seconds instead.
 */
const leastWarmUpRequests = 30_000
const patience = 20

/**
 * Loads the candidates one after the other, round after round, so that whatever else the machine
 * does affects all alike. Rejects when any answer was wrong. Returns the samples of each candidate,
 * one a round.
 */
export async function benchmark(
  candidates: readonly Candidate[],
  rounds: Rounds,
): Promise<Map<Candidate, Samples>> {
  if (rounds.warmUpSeconds > 0) {
    for (const candidate of candidates) await warmUp(candidate, rounds.warmUpSeconds)
  }
  const samples = new Map(candidates.map((candidate): [Candidate, Sample[]] => [candidate, []]))
  for (let round = 0; round < rounds.count; round += 1) {
    for (const [candidate, done] of samples) {
      done.push(await measure(candidate, rounds.seconds))
    }
  }
  return samples
}

/**
 * Like `benchmark`, but starts the candidates anew for each round: V8 compiles the same code in one
 * process to something a fifth slower or faster than in another, and stays with it. Keyed by the
 * candidates of the first round.
 */
export async function benchmarkAnew(
  harness: Harness,
  startCandidates: (harness: Harness) => Promise<readonly Candidate[]>,
): Promise<Map<Candidate, Samples>> {
  const starts = harness.isQuick ? 1 : harness.rounds.count
  const rounds = { ...harness.rounds, count: harness.rounds.count / starts }
  let first: readonly Candidate[] = []
  const samples: Sample[][] = []
  for (let start = 0; start < starts; start += 1) {
    await withHarness(harness, async (inner) => {
      const candidates = await startCandidates(inner)
      if (start === 0) first = candidates
      const done = await benchmark(candidates, rounds)
      for (const [index, candidate] of candidates.entries()) {
        samples[index] = [...(samples[index] ?? []), ...samplesOf(done, candidate)]
      }
    })
  }
  return new Map(first.map((candidate, index) => [candidate, samples[index] ?? []]))
}

/**
 * Loads a candidate until its rate is steady, by its own CPU time: other load on the machine alters
 * the rate by the clock. A given rate is steady by itself, and what runs beside a candidate may be
 * limited: both warm up for the given time.
 */
export async function warmUp(candidate: Candidate, seconds: number): Promise<void> {
  if (candidate.ratePerSecond !== undefined || candidate.beside !== undefined) {
    await measure(candidate, seconds, false)
    return
  }
  const rates: number[] = []
  let requests = 0
  const mayBeWarm = () => requests >= leastWarmUpRequests || rates.length >= patience
  while (!mayBeWarm() || !isSteady(rates, seconds)) {
    if (rates.length === longestWarmUp) {
      throw new Error(`${candidate.name}: its rate still grows after ${longestWarmUp} s.`)
    }
    const turn = await measure(candidate, 1, false)
    requests += turn.requests
    rates.push(1 / turn.cpuMicros)
  }
}

/** One candidate for so many seconds. Its work is not checked while it warms up. */
export async function measure(
  candidate: Candidate,
  seconds: number,
  checksWork = true,
): Promise<Sample> {
  const { name, server, load, databaseUrl, requireWork } = candidate
  const countersBefore = requireWork && (await loadSettledCounters(server.url))
  const ended = new AbortController()
  const beside = candidate.beside?.(ended.signal)
  // Awaited below; a failure meanwhile is not unhandled.
  beside?.catch(() => undefined)
  const before = await server.usage()
  const databaseBefore = await usageOfDatabase(databaseUrl)
  const measured = await generate(candidate, seconds)
  const after = await server.usage()
  const databaseAfter = await usageOfDatabase(databaseUrl)
  ended.abort()
  await beside
  const { requests, errors } = measured
  if (errors > 0 || requests === 0) {
    throw new Error(`${name}: ${errors} errors, ${requests} requests.`)
  }
  if (checksWork && requireWork !== undefined && countersBefore !== undefined) {
    const done = difference(countersBefore, await loadSettledCounters(server.url))
    requireWork(done, requests, load.connections)
  }
  return {
    requests,
    requestsPerSecond: requests / measured.seconds,
    cpuMicros: ((after.cpuMs - before.cpuMs) * 1000) / requests,
    databaseCpuMicros: ((databaseAfter - databaseBefore) * 1000) / requests,
    latenciesMs: measured.latenciesMs,
  }
}

function generate(candidate: Candidate, seconds: number): Promise<Measured> {
  const { load, ratePerSecond, isOverSockets } = candidate
  if (ratePerSecond !== undefined) return runAtRate(load, ratePerSecond, seconds)
  return isOverSockets ? runOverSockets(load, seconds) : runAtFullSpeed(load, seconds)
}

export type Figure = 'rate' | 'cpu' | 'p50' | 'p99'

/** The median over the rounds of how `one` compares with `other` in the same round. */
export function medianRatio(one: Samples, other: Samples, figure: Figure): number {
  return median(
    one.map((sample, round) => {
      const opposite = other[round]
      return opposite === undefined
        ? Number.NaN
        : figureOf(sample, figure) / figureOf(opposite, figure)
    }),
  )
}

/** The median of one figure over the rounds. */
export function medianOf(samples: Samples, figure: Figure): number {
  return median(samples.map((sample) => figureOf(sample, figure)))
}

/** The medians of each candidate. */
export function resultsOf(samples: ReadonlyMap<Candidate, Samples>): Result[] {
  return Array.from(samples, ([{ name }, done]) => resultOf(name, done))
}

export function resultOf(name: string, samples: Samples): Result {
  return {
    name,
    requestsPerSecond: medianOf(samples, 'rate'),
    cpuMicros: medianOf(samples, 'cpu'),
    databaseCpuMicros: median(samples.map((sample) => sample.databaseCpuMicros)),
    latenciesMs: latencyPercentiles.map((_, index) =>
      median(samples.map((sample) => sample.latenciesMs[index] ?? Number.NaN)),
    ),
  }
}

/** The samples of a candidate that took part. */
export function samplesOf(samples: ReadonlyMap<Candidate, Samples>, candidate: Candidate): Samples {
  const found = samples.get(candidate)
  if (found === undefined) throw new Error(`${candidate.name} took no part.`)
  return found
}

export function latencyOf(latenciesMs: readonly number[], percentile: LatencyPercentile): number {
  return latenciesMs[latencyPercentiles.indexOf(percentile)] ?? Number.NaN
}

function figureOf(sample: Sample, figure: Figure): number {
  switch (figure) {
    case 'rate':
      return sample.requestsPerSecond
    case 'cpu':
      return sample.cpuMicros
    case 'p50':
      return latencyOf(sample.latenciesMs, 50)
    case 'p99':
      return latencyOf(sample.latenciesMs, 99)
  }
}

function difference(before: Counters, after: Counters): Counters {
  return {
    valid: after.valid - before.valid,
    notFound: after.notFound - before.notFound,
    revoked: after.revoked - before.revoked,
    expired: after.expired - before.expired,
    argon2: after.argon2 - before.argon2,
    credentialReads: after.credentialReads - before.credentialReads,
  }
}
