import type { ChaosProcess } from './chaos-process.ts'
import type { Clients, Completion } from './clients.ts'
import { failoverFaults } from './failovers.ts'
import { everyEdgeFault, everyFault, type Faults } from './faults.ts'
import type { Call } from './history.ts'
import type { Metrics } from './metrics.ts'
import { personEnds } from './people.ts'

export interface Latencies {
  readonly count: number
  readonly p50: number
  readonly p99: number
}

/** What a run did, for people, and to distinguish a run that proves something from an idle one. */
export interface Figures {
  readonly seconds: number
  readonly calls: number
  readonly keys: number
  readonly revocations: {
    readonly acknowledged: number
    readonly complete: number
    readonly byAll: number
    readonly byTime: number
    readonly firstPending: number
  }
  /**
   * The time from the first attempt of a revocation until its receipt was complete by
   * acknowledgements.
   */
  readonly byAllMs: Latencies
  readonly bulkRevocations: number
  /** Those, disablings, enablings and edits with a complete receipt. */
  readonly otherChanges: number
  readonly verdicts: Readonly<Record<string, number>>
  /** The answers to sessions of the console. */
  readonly sessions: Readonly<Record<string, number>>
  /** The answers to sessions of persons. */
  readonly people: Readonly<Record<string, number>>
  /** From the first attempt until a receipt was complete by acknowledgements. */
  readonly peopleMs: Readonly<Record<string, Latencies>>
  readonly outages: number
  readonly unknown: number
  readonly authors: { readonly did: number; readonly denied: number }
  readonly fromCache: number
  readonly stale: number
  readonly reads: number
  /** Verdicts that edges gave without asking, and requests of edges that were not attached. */
  readonly edges: { readonly fromMemory: number; readonly requests: number }
  readonly mostMemoryMb: number
  readonly faults: Readonly<Record<string, number>>
  readonly failovers: number
  readonly processes: number
  readonly warnings: Readonly<Record<string, number>>
}

export function figuresOf(of: {
  readonly history: readonly Call[]
  readonly clients: Clients
  readonly faults: Faults
  readonly metrics: Metrics
  readonly processes: readonly ChaosProcess[]
  readonly seconds: number
}): Figures {
  const { history, clients, faults, metrics, processes } = of
  const revocations = clients.completions.filter(({ what }) => what === 'revoke')
  const byAll = revocations.filter((one) => one.byAll)
  const ofAuthors = history.filter(({ by }) => by !== null)
  const count = (holds: (call: Call) => boolean) => history.filter(holds).length
  return {
    seconds: Math.round(of.seconds),
    calls: history.length,
    keys: clients.keys.length,
    revocations: {
      acknowledged: clients.revocationsAcknowledged,
      complete: revocations.length,
      byAll: byAll.length,
      byTime: revocations.length - byAll.length,
      firstPending: revocations.filter((one) => one.wasPending).length,
    },
    byAllMs: latenciesOf(byAll),
    bulkRevocations: clients.completions.filter(({ what }) => what === 'revoke all').length,
    otherChanges: clients.completions.length - revocations.length,
    verdicts: countByName(history, ({ act, outcome }) => {
      if (act.kind !== 'verify' || outcome.kind !== 'done') return undefined
      return outcome.verdict?.valid === true ? 'valid' : (outcome.verdict?.reason ?? 'none')
    }),
    sessions: countByName(history, ({ act, outcome }) => {
      if (act.kind !== 'use_session' || outcome.kind !== 'done') return undefined
      return outcome.verdict?.valid === true ? 'goes on' : 'ended'
    }),
    people: countByName(history, ({ act, outcome }) => {
      if (act.kind !== 'use_person' || outcome.kind !== 'done') return undefined
      return outcome.verdict?.valid === true ? 'goes on' : (outcome.verdict?.reason ?? 'none')
    }),
    peopleMs: Object.fromEntries(
      personEnds.map((what) => [
        what,
        latenciesOf(clients.completions.filter((one) => one.what === what && one.byAll)),
      ]),
    ),
    outages: count(({ outcome }) => outcome.kind === 'refused' && outcome.status === 503),
    unknown: count(({ outcome }) => outcome.kind === 'unknown'),
    authors: {
      did: ofAuthors.filter(({ outcome }) => outcome.kind === 'done').length,
      denied: ofAuthors.filter(
        ({ outcome }) => outcome.kind === 'refused' && outcome.status === 401,
      ).length,
    },
    fromCache: metrics.sum('aeon_keys_cache_hits_total'),
    stale: metrics.sum('aeon_keys_cache_stale_total'),
    reads: metrics.sum('aeon_keys_credential_reads_total'),
    edges: {
      fromMemory: metrics.sum('edge_from_memory_total'),
      requests: metrics.sum('edge_requests_total'),
    },
    mostMemoryMb: metrics.mostMemoryMb,
    faults: Object.fromEntries(faults.counts),
    failovers: faults.failovers,
    processes: processes.reduce((sum, { launched }) => sum + launched.length, 0),
    warnings: countByName(
      processes.flatMap(({ launched }) => launched.flatMap(({ log }) => log)),
      ({ level, message }) => (level === 'info' ? undefined : String(message)),
    ),
  }
}

export interface WantedRun {
  readonly revocations: number
  readonly failovers: number
  readonly edges: number
}

/** What a run with so many revocations, failovers and edges lacks to prove anything. */
export function lacksOf(
  figures: Figures,
  { revocations, failovers, edges }: WantedRun,
): readonly string[] {
  const { complete, byAll, byTime } = figures.revocations
  const wanted: [what: string, is: number, atLeast: number][] = [
    ['complete revocations', complete, revocations],
    ['revocations complete by the word of all', byAll, revocations / 10],
    ['valid verdicts', figures.verdicts.valid ?? 0, revocations * 5],
    ['denials of revoked keys', figures.verdicts.revoked ?? 0, revocations * 5],
    ['denials of replaced tokens', figures.verdicts.rotated ?? 0, revocations / 10],
    ['verifications from the cache', figures.fromCache, revocations * 5],
    ['reads of credentials', figures.reads, revocations],
    ['deeds of authors', figures.authors.did, revocations / 10],
    ['failovers', figures.failovers, failovers],
    [
      'verdicts from the memory of edges',
      figures.edges.fromMemory,
      edges > 0 ? revocations * 5 : 0,
    ],
  ]
  const faults = (kind: string): [string, number, number] => [
    `faults: ${kind}`,
    figures.faults[kind] ?? 0,
    1,
  ]
  // A short run has too few faults to require one of each kind.
  if (failovers >= 2 * failoverFaults.length) wanted.push(...failoverFaults.map(faults))
  if (revocations >= 100) {
    wanted.push(
      ['revocations complete by time', byTime, 1],
      ['authors denied', figures.authors.denied, 10],
      ['outages', figures.outages, 1],
      ['bulk revocations', figures.bulkRevocations, revocations / 50],
      ['sessions that go on', figures.sessions['goes on'] ?? 0, revocations / 10],
      ['sessions that have ended', figures.sessions.ended ?? 0, revocations / 10],
      ['sessions of persons that go on', figures.people['goes on'] ?? 0, revocations / 10],
      ['sessions of lowered persons', figures.people.permission_denied ?? 0, revocations / 10],
      ['sessions of persons that ended', figures.people.unauthenticated ?? 0, revocations / 10],
      ...everyFault.map(faults),
      ...(edges > 0 ? everyEdgeFault.map(faults) : []),
    )
  }
  return wanted.flatMap(([what, is, atLeast]) =>
    is >= atLeast ? [] : [`${what}: ${is}, and not ${Math.ceil(atLeast)}`],
  )
}

function latenciesOf(completions: readonly Completion[]): Latencies {
  return {
    count: completions.length,
    p50: quantile(completions, 0.5),
    p99: quantile(completions, 0.99),
  }
}

function quantile(completions: readonly Completion[], part: number): number {
  const sorted = completions.map(({ ms }) => ms).sort((a, b) => a - b)
  return Math.round(sorted[Math.floor(part * (sorted.length - 1))] ?? 0)
}

function countByName<T>(
  all: readonly T[],
  nameOf: (one: T) => string | undefined,
): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const one of all) {
    const name = nameOf(one)
    if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
