import { Counts } from './counts.ts'
import { type CommitLog, Database } from './database.ts'
import type { Environment } from './environment.ts'
import { FaultInjector } from './fault-injector.ts'
import type { Follower } from './follower.ts'
import { History, type Violation } from './history.ts'
import { Host } from './host.ts'
import { keys, verdictOf } from './keys.ts'
import { type Protocol, shipped } from './protocol.ts'
import { Random } from './random.ts'
import type { RevisionRef } from './receipt-desk.ts'
import { calmFrom, runEnds, type Schedule } from './schedule.ts'
import { Scheduler } from './scheduler.ts'
import { Server } from './server.ts'

/** M, in milliseconds of true time. */
const maxStalenessMs = 10_000
const tenth = maxStalenessMs / 10

export interface RunOptions {
  readonly protocol?: Protocol
  readonly counts?: Counts
  readonly trace?: (text: string) => void
}

/** Runs one schedule from its beginning to its end. What it answers is the first guarantee broken. */
export function run(schedule: Schedule, options: RunOptions = {}): Violation | undefined {
  return new Simulation(schedule, options).run()
}

interface Commit {
  readonly committed: RevisionRef
  readonly at: number
  readonly keys: readonly number[]
}

class Simulation implements CommitLog {
  readonly #schedule: Schedule
  readonly #environment: Environment
  readonly #places: readonly Host[]
  readonly #faultInjector: FaultInjector
  readonly #commits = new Map<string, Commit>()
  #latest: RevisionRef | undefined

  constructor(
    schedule: Schedule,
    { protocol = shipped, counts = new Counts(), trace }: RunOptions,
  ) {
    this.#schedule = schedule
    this.#environment = this.#begin(counts, trace)
    this.#places = schedule.machines.map((shape, index) => {
      return new Host({
        environment: this.#environment,
        index,
        shape,
        protocol,
        maxStalenessMs,
        onComplete: (committed, follower) => this.#complete(committed, follower),
      })
    })
    this.#faultInjector = new FaultInjector({
      environment: this.#environment,
      places: this.#places,
      tenth,
      calmFrom: calmFrom * tenth,
      latestCommit: () => this.#latest,
    })
  }

  run(): Violation | undefined {
    const { scheduler, history, random } = this.#environment
    for (const place of this.#places) {
      place.link.calmFrom(calmFrom * tenth)
      scheduler.after(random.between(0, tenth), () => place.start())
      this.#askAround(place)
    }
    for (const event of this.#schedule.events) this.#faultInjector.plan(event)
    for (let at = 10; at <= runEnds && history.violation === undefined; at += 2) {
      scheduler.runUntil(at * tenth)
    }
    this.#checkLife()
    return history.violation
  }

  committed(committed: RevisionRef, touched: readonly number[], database: Database): void {
    const { history, trace, scheduler, counts } = this.#environment
    counts.acts += 1
    trace?.(`${committed.revision} is committed (${committed.id})`)
    this.#latest = committed
    this.#commits.set(committed.id, { committed, at: scheduler.now, keys: touched })
    for (const key of touched) {
      const row = database.keys[key]
      if (row !== undefined) history.becomes(key, verdictOf(row.facts, 0), scheduler.now)
    }
    for (const { node, listens } of this.#places) if (listens) node?.announced()
  }

  #begin(counts: Counts, trace: RunOptions['trace']): Environment {
    const scheduler = new Scheduler()
    const random = new Random(this.#schedule.seed)
    let ids = 0
    const newId = (kind: string) => {
      ids += 1
      return `${kind}-${ids}`
    }
    const database = new Database(this, () => newId('revision'))
    const first = database.keys.map(({ facts }) => verdictOf(facts, 0))
    return {
      scheduler,
      random,
      server: new Server(scheduler, random, database),
      history: new History(maxStalenessMs, first),
      counts,
      newId,
      trace:
        trace && ((text) => trace(`${(scheduler.now / maxStalenessMs).toFixed(4)} M  ${text}`)),
    }
  }

  /** A receipt is complete. What comes right after a promise is what tests it. */
  #complete(committed: RevisionRef, follower: Follower): void {
    const { history, random } = this.#environment
    const commit = this.#commits.get(committed.id)
    if (commit === undefined || this.#cannotKnow(follower)) return
    history.promised(commit.keys, commit.at)
    for (const place of this.#places) {
      for (const key of commit.keys) {
        this.#askAfter(0.01, place, key)
        this.#askAfter(random.between(0, tenth), place, key)
        this.#askAfter(random.between(0, maxStalenessMs), place, key)
      }
    }
  }

  /**
   * A process that registers for the first time after a restore cannot know of it, and its database
   * may know nothing of those who still answer from memory. What it promises counts from M after the
   * restore.
   */
  #cannotKnow({ followsSince = Number.POSITIVE_INFINITY }: Follower): boolean {
    const { restoredAt } = this.#faultInjector
    return (
      followsSince >= restoredAt && this.#environment.scheduler.now < restoredAt + maxStalenessMs
    )
  }

  #askAfter(ms: number, place: Host, key: number): void {
    this.#environment.scheduler.after(ms, () => place.node?.verify(key))
  }

  /** Verifications come to every instance at random, for as long as the run lasts. */
  #askAround(place: Host): void {
    const { scheduler, random } = this.#environment
    scheduler.after(random.between(0, tenth), () => {
      place.node?.verify(random.integer(keys.length))
      this.#askAround(place)
    })
  }

  /** When all faults have been over for a while, every instance holds its lease again. */
  #checkLife(): void {
    for (const { node } of this.#places) {
      if (node?.process.isAlive && !node.node.freshness.holdsLease(node.node.now())) {
        this.#environment.history.stuck(`${node.node.name} holds no lease long after every fault`)
      }
    }
  }
}
