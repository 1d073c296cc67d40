import type { RevisionRef } from '../../src/domain/protocol/revision-ref.ts'
import { countedMs } from '../../src/freshness/attached-edge.ts'
import { Counts } from './counts.ts'
import { type CommitLog, Database } from './database.ts'
import { Edges } from './edges/edges.ts'
import { edgeLeaseMs } from './edges/lease.ts'
import type { Environment } from './environment.ts'
import { FaultInjector } from './fault-injector.ts'
import { History, type Violation } from './history.ts'
import { Host } from './host.ts'
import { type Protocol, shipped } from './protocol.ts'
import { Random } from './random.ts'
import { calmFrom, runEnds, type Schedule } from './schedule.ts'
import { Scheduler } from './scheduler.ts'
import { Server } from './server.ts'
import type { SimulatedInstance } from './simulated-instance.ts'
import { type SimulatedToken, tokens, tokensOfKey } from './tokens.ts'

/** M, in milliseconds of true time. */
const maxStalenessMs = 10_000
const tenth = maxStalenessMs / 10
/**
 * By the clock of the instance: the patience with an edge, how long its lease counts, and the
 * reading of new tag keys, which edges are told of after that.
 */
const longestHeldUpMs = 1_000 + countedMs(edgeLeaseMs) + maxStalenessMs

export interface RunOptions {
  readonly protocol?: Protocol
  readonly counts?: Counts
  /** Whether every instance must hold its lease again at the end; true when absent. */
  readonly checksLife?: boolean
  readonly trace?: (text: string) => void
}

/**
 * Runs one schedule from its beginning to its end. What it answers is the first guarantee broken.
 */
export function run(schedule: Schedule, options: RunOptions = {}): Violation | undefined {
  return new Simulation(schedule, options).run()
}

interface Commit {
  readonly committed: RevisionRef
  readonly at: number
  readonly tokens: readonly SimulatedToken[]
}

class Simulation implements CommitLog {
  readonly #schedule: Schedule
  readonly #checksLife: boolean
  readonly #environment: Environment
  readonly #hosts: readonly Host[]
  readonly #faultInjector: FaultInjector
  readonly #edges: Edges
  readonly #commits = new Map<string, Commit>()
  #latest: RevisionRef | undefined

  constructor(
    schedule: Schedule,
    { protocol = shipped, counts = new Counts(), checksLife = true, trace }: RunOptions,
  ) {
    this.#schedule = schedule
    this.#checksLife = checksLife
    this.#environment = this.#begin(counts, trace)
    this.#hosts = schedule.machines.map((shape, index) => {
      return new Host({
        environment: this.#environment,
        index,
        shape,
        protocol,
        hasEdges: schedule.hasEdges === true,
        maxStalenessMs,
        onComplete: (committed, evaluator) => this.#complete(committed, evaluator),
      })
    })
    this.#edges = new Edges({
      environment: this.#environment,
      protocol,
      seed: schedule.seed,
      haveKeys: schedule.edgesHaveKeys === true,
      areOld: schedule.edgesAreOld === true,
      credentialsAreNew: schedule.credentialsAreNew === true,
      peaceMs: schedule.edgesFailOften === true ? [500, 15_000] : [1_000, 25_000],
      // An edge may attach to any of them.
      maxStalenessMs:
        maxStalenessMs * Math.max(...schedule.machines.map(({ staleness = 1 }) => staleness)),
      calmFrom: calmFrom * tenth,
      instances: () => this.#hosts.flatMap(({ instance }) => instance ?? []),
    })
    this.#faultInjector = new FaultInjector({
      environment: this.#environment,
      hosts: this.#hosts,
      tenth,
      calmFrom: calmFrom * tenth,
      latestCommit: () => this.#latest,
    })
  }

  run(): Violation | undefined {
    const { scheduler, history, random } = this.#environment
    for (const host of this.#hosts) {
      host.link.calmFrom(calmFrom * tenth)
      scheduler.after(random.between(0, tenth), () => host.start())
      this.#askAround(host)
    }
    for (const event of this.#schedule.events) this.#faultInjector.plan(event)
    if (this.#schedule.hasEdges === true) {
      this.#edges.start()
      for (const event of this.#schedule.events) {
        if (event.kind !== 'act' || event.act.kind !== 'import') continue
        for (const token of tokensOfKey(event.act.key)) this.#edges.expect(token, event.at * tenth)
      }
      this.#checkHeldUp()
    }
    if (this.#haveDifferentStaleness()) this.#checkAgreement()
    for (let at = 10; at <= runEnds && history.violation === undefined; at += 2) {
      scheduler.runUntil(at * tenth)
    }
    this.#checkLife()
    return history.violation
  }

  committed(committed: RevisionRef, touched: readonly SimulatedToken[], database: Database): void {
    const { history, trace, scheduler, counts } = this.#environment
    counts.acts += 1
    trace?.(`${committed.revision} is committed (${committed.id})`)
    this.#latest = committed
    this.#commits.set(committed.id, { committed, at: scheduler.now, tokens: touched })
    for (const token of touched) history.becomes(token, database.verdictOn(token), scheduler.now)
    if (this.#schedule.hasEdges === true) this.#edges.committed(touched)
    this.registered()
  }

  issued(touched: readonly SimulatedToken[], database: Database): void {
    const { history, scheduler } = this.#environment
    for (const token of touched) history.becomes(token, database.verdictOn(token), scheduler.now)
  }

  registered(): void {
    for (const { instance, listens } of this.#hosts) if (listens) instance?.announced()
  }

  #begin(counts: Counts, trace: RunOptions['trace']): Environment {
    const scheduler = new Scheduler()
    const random = new Random(this.#schedule.seed)
    let ids = 0
    const newId = (kind: string) => {
      ids += 1
      return `${kind}-${ids}`
    }
    const database = new Database(this, () => newId('revision'), this.#schedule.tellsHistory)
    if (this.#schedule.credentialsAreNew === true) database.countFirstUses()
    if (this.#schedule.keysAreImported === true) database.forgetKeys()
    return {
      scheduler,
      random,
      server: new Server(scheduler, random, database),
      history: new History((token) => database.verdictOn(token)),
      counts,
      newId,
      trace:
        trace && ((text) => trace(`${(scheduler.now / maxStalenessMs).toFixed(4)} M  ${text}`)),
    }
  }

  /** A receipt is complete. What comes right after a promise is what tests it. */
  #complete(committed: RevisionRef, evaluator: SimulatedInstance): void {
    const { history, random } = this.#environment
    const commit = this.#commits.get(committed.id)
    if (commit === undefined || this.#cannotKnow(evaluator)) return
    history.promised(commit.tokens, commit.at)
    if (this.#schedule.hasEdges === true) this.#edges.complete(commit.tokens)
    for (const host of this.#hosts) {
      for (const token of commit.tokens) {
        this.#askAfter(0.01, host, token)
        this.#askAfter(random.between(0, tenth), host, token)
        this.#askAfter(random.between(0, maxStalenessMs), host, token)
      }
    }
  }

  /**
   * A process that registers for the first time after a restore cannot know of it, and its database
   * may know nothing of those who still answer from memory. What it promises counts from M after
   * the restore.
   */
  #cannotKnow({ driver }: SimulatedInstance): boolean {
    const { followsSince = Number.POSITIVE_INFINITY } = driver
    const { restoredAt } = this.#faultInjector
    return (
      followsSince >= restoredAt && this.#environment.scheduler.now < restoredAt + maxStalenessMs
    )
  }

  #askAfter(ms: number, host: Host, token: SimulatedToken): void {
    this.#environment.scheduler.after(ms, () => host.instance?.verify([token]))
  }

  /** Verifications come to every instance at random, for as long as the run lasts. */
  #askAround(host: Host): void {
    const { scheduler, random } = this.#environment
    scheduler.after(random.between(0, tenth), () => {
      const first = random.integer(tokens.length)
      const isBatch = random.chance(0.2)
      const batch = tokens.filter((_, index) => index === first || (isBatch && index % 2 === 0))
      host.instance?.verify(batch)
      this.#askAround(host)
    })
  }

  #haveDifferentStaleness(): boolean {
    return this.#schedule.machines.some(({ staleness = 1 }) => staleness !== 1)
  }

  /** Instances whose leases have different lengths never hold them at once. */
  #checkAgreement(): void {
    const { history, scheduler } = this.#environment
    const holders = this.#hosts.flatMap(({ instance }) =>
      instance?.holdsLease() ? [instance.node] : [],
    )
    const lengths = new Set(holders.map(({ timing }) => timing.leaseMs))
    if (lengths.size > 1) {
      history.disagreed(`${holders.map(({ name }) => name).join(' and ')} hold leases at once`)
    }
    scheduler.after(0.05 * tenth, () => this.#checkAgreement())
  }

  /** Whatever an edge does, what an instance has applied is acknowledged in time. */
  #checkHeldUp(): void {
    const { history, scheduler } = this.#environment
    for (const { instance } of this.#hosts) {
      const ms = instance?.heldUpMs() ?? 0
      if (ms <= longestHeldUpMs) continue
      history.heldUp(`${instance?.node.name} has waited ${ms.toFixed(0)} ms for an edge`)
    }
    scheduler.after(0.1 * tenth, () => this.#checkHeldUp())
  }

  /** When all faults have been over for a while, every instance holds its lease again. */
  #checkLife(): void {
    // Of instances that do not agree on M, some stand by.
    if (!this.#checksLife) return
    if (this.#haveDifferentStaleness()) return
    for (const { instance } of this.#hosts) {
      if (instance?.process.isAlive && !instance.holdsLease()) {
        this.#environment.history.stuck(
          `${instance.node.name} holds no lease long after every fault`,
        )
      }
    }
  }
}
