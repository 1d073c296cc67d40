import { readSettledTallies, type Tallies } from './counters.ts'
import { usageOfDatabase } from './database-usage.ts'
import { type Stage, withStage } from './harness.ts'
import { runAtFullSpeed, runAtRate } from './load/generators.ts'
import { type LatencyPercentile, type Load, latencyPercentiles } from './load/load.ts'
import type { Standing } from './results.ts'
import type { ServerProcess } from './servers/server-process.ts'
import { median } from './statistics.ts'

/** Something to be compared: a load, and the server that takes it. */
export interface Contender {
  readonly name: string
  readonly server: ServerProcess
  readonly load: Load
  /** Absent: as fast as the connections allow. */
  readonly ratePerSecond?: number
  /** The database whose CPU time is counted; absent: it has none. */
  readonly databaseUrl?: string
  /** Throws unless the service did the work that the load should have caused: see work.ts. */
  readonly requireWork?: RequireWork
  /** Is under way while the load runs, and ends soon after the signal. */
  readonly beside?: (until: AbortSignal) => Promise<unknown>
}

export type RequireWork = (done: Tallies, requests: number, connections: number) => void

/** What one contender did in one round. */
export interface Slice extends Omit<Standing, 'name'> {
  readonly requests: number
}
export type Slices = readonly Slice[]

export interface Rounds {
  readonly count: number
  readonly seconds: number
  readonly warmUpSeconds: number
}

/**
 * Loads the contenders one after the other, round after round, so that whatever else the machine does
 * meets all of them alike. Rejects when any answer was wrong. Gives the slices by contender, one a round.
 */
export async function contest(
  contenders: readonly Contender[],
  rounds: Rounds,
): Promise<Map<Contender, Slices>> {
  if (rounds.warmUpSeconds > 0) {
    for (const contender of contenders) await measure(contender, rounds.warmUpSeconds, false)
  }
  const slices = new Map(contenders.map((contender): [Contender, Slice[]] => [contender, []]))
  for (let round = 0; round < rounds.count; round += 1) {
    for (const [contender, done] of slices) {
      done.push(await measure(contender, rounds.seconds))
    }
  }
  return slices
}

/**
 * The same, but for each round the contenders are started anew: V8 makes of the same code in one process
 * what is a fifth slower or faster than in another, and stays with it. Keyed by those of the first round.
 */
export async function contestAnew(
  stage: Stage,
  startContenders: (stage: Stage) => Promise<readonly Contender[]>,
): Promise<Map<Contender, Slices>> {
  const starts = stage.isQuick ? 1 : stage.rounds.count
  const rounds = { ...stage.rounds, count: stage.rounds.count / starts }
  let first: readonly Contender[] = []
  const slices: Slice[][] = []
  for (let start = 0; start < starts; start += 1) {
    await withStage(stage, async (inner) => {
      const contenders = await startContenders(inner)
      if (start === 0) first = contenders
      const done = await contest(contenders, rounds)
      for (const [index, contender] of contenders.entries()) {
        slices[index] = [...(slices[index] ?? []), ...slicesOf(done, contender)]
      }
    })
  }
  return new Map(first.map((contender, index) => [contender, slices[index] ?? []]))
}

/** One contender for so many seconds. Its work is not checked while it warms up. */
export async function measure(
  contender: Contender,
  seconds: number,
  checksWork = true,
): Promise<Slice> {
  const { name, server, load, ratePerSecond, databaseUrl, requireWork } = contender
  const talliesBefore = requireWork && (await readSettledTallies(server.url))
  const ended = new AbortController()
  const beside = contender.beside?.(ended.signal)
  // Awaited below; a failure meanwhile is not unhandled.
  beside?.catch(() => undefined)
  const before = await server.usage()
  const databaseBefore = await usageOfDatabase(databaseUrl)
  const measured = await (ratePerSecond === undefined
    ? runAtFullSpeed(load, seconds)
    : runAtRate(load, ratePerSecond, seconds))
  const after = await server.usage()
  const databaseAfter = await usageOfDatabase(databaseUrl)
  ended.abort()
  await beside
  const { requests, errors } = measured
  if (errors > 0 || requests === 0) {
    throw new Error(`${name}: ${errors} errors, ${requests} requests.`)
  }
  if (checksWork && requireWork !== undefined && talliesBefore !== undefined) {
    const done = difference(talliesBefore, await readSettledTallies(server.url))
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

export type Figure = 'rate' | 'cpu' | 'p50' | 'p99'

/** The median over the rounds of how `one` compares with `other` in the same round. */
export function medianRatio(one: Slices, other: Slices, figure: Figure): number {
  return median(
    one.map((slice, round) => {
      const opposite = other[round]
      return opposite === undefined
        ? Number.NaN
        : figureOf(slice, figure) / figureOf(opposite, figure)
    }),
  )
}

/** The median of one figure over the rounds. */
export function medianOf(slices: Slices, figure: Figure): number {
  return median(slices.map((slice) => figureOf(slice, figure)))
}

/** The medians of each contender. */
export function standingsOf(slices: ReadonlyMap<Contender, Slices>): Standing[] {
  return Array.from(slices, ([{ name }, done]) => standingOf(name, done))
}

export function standingOf(name: string, slices: Slices): Standing {
  return {
    name,
    requestsPerSecond: medianOf(slices, 'rate'),
    cpuMicros: medianOf(slices, 'cpu'),
    databaseCpuMicros: median(slices.map((slice) => slice.databaseCpuMicros)),
    latenciesMs: latencyPercentiles.map((_, index) =>
      median(slices.map((slice) => slice.latenciesMs[index] ?? Number.NaN)),
    ),
  }
}

/** The slices of a contender that took part. */
export function slicesOf(slices: ReadonlyMap<Contender, Slices>, contender: Contender): Slices {
  const found = slices.get(contender)
  if (found === undefined) throw new Error(`${contender.name} took no part.`)
  return found
}

export function latencyOf(latenciesMs: readonly number[], percentile: LatencyPercentile): number {
  return latenciesMs[latencyPercentiles.indexOf(percentile)] ?? Number.NaN
}

function figureOf(slice: Slice, figure: Figure): number {
  switch (figure) {
    case 'rate':
      return slice.requestsPerSecond
    case 'cpu':
      return slice.cpuMicros
    case 'p50':
      return latencyOf(slice.latenciesMs, 50)
    case 'p99':
      return latencyOf(slice.latenciesMs, 99)
  }
}

function difference(before: Tallies, after: Tallies): Tallies {
  return {
    valid: after.valid - before.valid,
    notFound: after.notFound - before.notFound,
    revoked: after.revoked - before.revoked,
    expired: after.expired - before.expired,
    argon2: after.argon2 - before.argon2,
    credentialReads: after.credentialReads - before.credentialReads,
  }
}
