import type { Generator, Load } from './load/load.ts'
import type { ServerProcess } from './server-process.ts'
import { median } from './statistics.ts'
import { readTallies, type Tallies } from './tallies.ts'

/** Something to be compared: a load, and the server that takes it. */
export interface Contender {
  readonly name: string
  readonly server: ServerProcess
  readonly load: Load
  /** How many tokens a request has verified, all from memory: the caller's and the subject's; none by the floor. */
  readonly verdictsPerRequest: 0 | 2
}

/** What one contender did in one round. */
export interface Slice {
  readonly requestsPerSecond: number
  /** CPU time of the server process for each request, all threads. */
  readonly cpuMicros: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface Rounds {
  readonly count: number
  readonly seconds: number
  readonly warmUpSeconds: number
}

/**
 * Loads the contenders one after the other, round after round, so that whatever else the machine does
 * meets all of them alike. Rejects when any answer was wrong. Gives the slices by contender, one a round.
 */
export async function alternate(
  contenders: readonly Contender[],
  rounds: Rounds,
  generator: Generator,
): Promise<Map<Contender, Slice[]>> {
  for (const contender of contenders) await measure(contender, rounds.warmUpSeconds, generator)
  const slices = new Map(contenders.map((contender): [Contender, Slice[]] => [contender, []]))
  for (let round = 0; round < rounds.count; round += 1) {
    for (const [contender, done] of slices) {
      done.push(await measure(contender, rounds.seconds, generator))
    }
  }
  return slices
}

/** The median over the rounds of how `one` compares with `other` in the same round. */
export function medianRatio(
  one: readonly Slice[],
  other: readonly Slice[],
  figure: keyof Slice,
): number {
  return median(one.map((slice, round) => slice[figure] / (other[round]?.[figure] ?? Number.NaN)))
}

async function measure(
  contender: Contender,
  seconds: number,
  generator: Generator,
): Promise<Slice> {
  const { server, load } = contender
  const talliesBefore = await readTallies(server.url)
  const before = await server.usage()
  const measured = await generator.run(load, seconds)
  const after = await server.usage()
  if (measured.errors > 0 || measured.requests === 0) {
    throw new Error(`${contender.name}: ${measured.errors} errors, ${measured.requests} requests.`)
  }
  requireWork(contender, measured.requests, talliesBefore, await readTallies(server.url))
  return {
    requestsPerSecond: measured.requests / measured.seconds,
    cpuMicros: ((after.cpuMs - before.cpuMs) * 1000) / measured.requests,
    p50Ms: measured.p50Ms,
    p99Ms: measured.p99Ms,
  }
}

/** The server must have verified what was sent, no more and no less, and from memory. */
function requireWork(
  contender: Contender,
  requests: number,
  before: Tallies,
  after: Tallies,
): void {
  const { name, load, verdictsPerRequest } = contender
  const verdicts = after.goodVerdicts - before.goodVerdicts
  // At the end of its time a generator may leave one request a connection unanswered.
  const most = (requests + load.connections) * verdictsPerRequest
  if (verdicts < requests * verdictsPerRequest || verdicts > most) {
    throw new Error(`${name}: ${requests} requests, but ${verdicts} good verdicts.`)
  }
  if (after.argon2 > before.argon2 || after.credentialReads > before.credentialReads) {
    throw new Error(`${name}: not all was answered from memory.`)
  }
}
