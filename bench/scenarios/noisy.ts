import { latencyOf, resultOf, type Sample } from '../benchmark.ts'
import { untilIdle, usageOfDatabase } from '../database-usage.ts'
import type { Dataset } from '../datasets/dataset.ts'
import type { Harness } from '../harness.ts'
import { runAtRate } from '../load/generators.ts'
import { expectedAnswers, type Measured, verifyRequests } from '../load/load.ts'
import type { Finding, ScenarioResult } from '../results.ts'
import { median } from '../statistics.ts'
import { type Noise, startNoises } from './noisy/noises.ts'

const hotKeys = 1_000
/** Rates that leave the processors time for the other tenant. */
const perSecond = { hot: 200, cold: 50 } as const
const connections = 8
type Kind = keyof typeof perSecond
const kinds = ['hot', 'cold'] as const

interface Measurement extends Sample {
  readonly errors: number
}

/**
 * Verifications of a quiet tenant, from memory and for the first time, alone and beside another
 * tenant that does what costs the service most.
 */
export async function measureNoisy(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.besideNeighbour()
  const server = await harness.startService(dataset)
  const noises = await startNoises(server.url, dataset)
  const fresh = freshTokens(dataset)
  const hotFile = await harness.writeRequests(
    verifyRequests(dataset.rootToken, dataset.tokens.slice(0, hotKeys)),
  )
  const measureOne = async (kind: Kind, noise: Noise | undefined): Promise<Measurement> => {
    const count = perSecond[kind] * harness.rounds.seconds
    const requestsFile =
      kind === 'hot'
        ? hotFile
        : await harness.writeRequests(verifyRequests(dataset.rootToken, fresh(count)))
    const load = { origin: server.url, requestsFile, connections, expected: expectedAnswers.good }
    const ended = new AbortController()
    const noisy = noise?.run(ended.signal)
    noisy?.catch(() => undefined)
    const before = await server.usage()
    const databaseBefore = await usageOfDatabase(dataset.databaseUrl)
    const measured = await runAtRate(load, perSecond[kind], harness.rounds.seconds)
    const after = await server.usage()
    const databaseMs = (await usageOfDatabase(dataset.databaseUrl)) - databaseBefore
    ended.abort()
    await noisy
    await untilIdle(dataset.databaseUrl)
    return sampleOf(measured, after.cpuMs - before.cpuMs, databaseMs)
  }
  const columns: readonly (Noise | undefined)[] = [undefined, ...noises]
  const samples = new Map<string, Measurement[]>()
  // The first round is for the compiler and for the cache.
  for (let round = -1; round < harness.rounds.count; round += 1) {
    for (const kind of kinds) {
      for (const noise of columns) {
        const name = nameOf(kind, noise)
        const sample = await measureOne(kind, noise)
        if (round >= 0) samples.set(name, [...(samples.get(name) ?? []), sample])
      }
    }
  }
  const of = (kind: Kind, noise: Noise | undefined) => samples.get(nameOf(kind, noise)) ?? []
  const errors = [...samples.values()].flat().reduce((sum, sample) => sum + sample.errors, 0)
  return {
    findings: [
      ...kinds.flatMap((kind) =>
        noises.map((noise) => finding(kind, noise, of(kind, noise), of(kind, undefined))),
      ),
      {
        what: 'Beside a noisy tenant: answers to the quiet one other than 200',
        value: errors,
        unit: 'answers',
        goal: { atMost: 0 },
      },
    ],
    medians: Array.from(samples, ([name, done]) => resultOf(name, done)),
  }
}

function finding(
  kind: Kind,
  noise: Noise,
  beside: readonly Measurement[],
  alone: readonly Measurement[],
): Finding {
  const ratios = beside.map((sample, round) => p99Of(sample) / p99Of(alone[round]))
  const what = `${wordsOf[kind]} ${noise.told}: p99, relative to alone`
  const goal = noise.isBenign ? {} : { goal: { atMost: 3 } }
  return { what, value: median(ratios), unit: 'times', ...goal }
}

const wordsOf = { hot: 'Hot', cold: 'First verifications' } as const

function nameOf(kind: Kind, noise: Noise | undefined): string {
  return `${kind}, ${perSecond[kind]}/s, ${noise?.told ?? 'alone'}`
}

function p99Of(sample: Measurement | undefined): number {
  return sample === undefined ? Number.NaN : latencyOf(sample.latenciesMs, 99)
}

/** The CPU time is that of both tenants, by request of the quiet one. */
function sampleOf(
  { requests, seconds, errors, latenciesMs }: Measured,
  cpuMs: number,
  databaseMs: number,
) {
  return {
    requests,
    errors,
    requestsPerSecond: requests / seconds,
    cpuMicros: (cpuMs * 1000) / requests,
    databaseCpuMicros: (databaseMs * 1000) / requests,
    latenciesMs,
  }
}

/** Tokens that the service has not verified, others at each call. */
function freshTokens({ tokens }: Dataset): (count: number) => readonly string[] {
  let next = hotKeys
  return (count) => {
    const taken = tokens.slice(next, next + count)
    next += count
    if (taken.length < count) throw new Error('There are too few tokens.')
    return taken
  }
}
