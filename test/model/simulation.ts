import { Tally } from './counts.ts'
import { type CommitLog, Database } from './database.ts'
import type { World } from './environment.ts'
import { Fate } from './fault-injector.ts'
import type { Follower } from './follower.ts'
import { History, type Violation } from './history.ts'
import { Place } from './host.ts'
import { keys, verdictOf } from './keys.ts'
import { type Protocol, shipped } from './protocol.ts'
import { Random } from './random.ts'
import type { Committed } from './receipt-desk.ts'
import { calmFrom, runEnds, type Schedule } from './schedule.ts'
import { Agenda } from './scheduler.ts'
import { Server } from './server.ts'

/** M, in milliseconds of true time. */
const maxStalenessMs = 10_000
const tenth = maxStalenessMs / 10

export interface RunOptions {
  readonly protocol?: Protocol
  readonly tally?: Tally
  readonly trace?: (text: string) => void
}

/** Runs one schedule from its beginning to its end. What it answers is the first guarantee broken. */
export function run(schedule: Schedule, options: RunOptions = {}): Violation | undefined {
  return new Simulation(schedule, options).run()
}

interface Commit {
  readonly committed: Committed
  readonly at: number
  readonly keys: readonly number[]
}

class Simulation implements CommitLog {
  readonly #schedule: Schedule
  readonly #world: World
  readonly #places: readonly Place[]
  readonly #fate: Fate
  readonly #commits = new Map<string, Commit>()
  #latest: Committed | undefined

  constructor(schedule: Schedule, { protocol = shipped, tally = new Tally(), trace }: RunOptions) {
    this.#schedule = schedule
    this.#world = this.#begin(tally, trace)
    this.#places = schedule.machines.map((shape, index) => {
      return new Place({
        world: this.#world,
        index,
        shape,
        protocol,
        maxStalenessMs,
        onComplete: (committed, follower) => this.#complete(committed, follower),
      })
    })
    this.#fate = new Fate({
      world: this.#world,
      places: this.#places,
      tenth,
      calmFrom: calmFrom * tenth,
      latestCommit: () => this.#latest,
    })
  }

  run(): Violation | undefined {
    const { agenda, history, random } = this.#world
    for (const place of this.#places) {
      place.link.calmFrom(calmFrom * tenth)
      agenda.after(random.between(0, tenth), () => place.start())
      this.#askAround(place)
    }
    for (const happening of this.#schedule.happenings) this.#fate.plan(happening)
    for (let at = 10; at <= runEnds && history.violation === undefined; at += 2) {
      agenda.runUntil(at * tenth)
    }
    this.#checkLife()
    return history.violation
  }

  committed(committed: Committed, touched: readonly number[], database: Database): void {
    const { history, trace, agenda, tally } = this.#world
    tally.acts += 1
    trace?.(`${committed.revision} is committed (${committed.id})`)
    this.#latest = committed
    this.#commits.set(committed.id, { committed, at: agenda.now, keys: touched })
    for (const key of touched) {
      const row = database.keys[key]
      if (row !== undefined) history.becomes(key, verdictOf(row.facts, 0), agenda.now)
    }
    for (const { node, listens } of this.#places) if (listens) node?.announced()
  }

  #begin(tally: Tally, trace: RunOptions['trace']): World {
    const agenda = new Agenda()
    const random = new Random(this.#schedule.seed)
    let ids = 0
    const newId = (kind: string) => {
      ids += 1
      return `${kind}-${ids}`
    }
    const database = new Database(this, () => newId('revision'))
    const first = database.keys.map(({ facts }) => verdictOf(facts, 0))
    return {
      agenda,
      random,
      server: new Server(agenda, random, database),
      history: new History(maxStalenessMs, first),
      tally,
      newId,
      trace: trace && ((text) => trace(`${(agenda.now / maxStalenessMs).toFixed(4)} M  ${text}`)),
    }
  }

  /** A receipt is complete. What comes right after a promise is what tests it. */
  #complete(committed: Committed, follower: Follower): void {
    const { history, random } = this.#world
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
    const { restoredAt } = this.#fate
    return followsSince >= restoredAt && this.#world.agenda.now < restoredAt + maxStalenessMs
  }

  #askAfter(ms: number, place: Place, key: number): void {
    this.#world.agenda.after(ms, () => place.node?.verify(key))
  }

  /** Verifications come to every instance at random, for as long as the run lasts. */
  #askAround(place: Place): void {
    const { agenda, random } = this.#world
    agenda.after(random.between(0, tenth), () => {
      place.node?.verify(random.integer(keys.length))
      this.#askAround(place)
    })
  }

  /** When all faults have been over for a while, every instance holds its lease again. */
  #checkLife(): void {
    for (const { node } of this.#places) {
      if (node?.process.isAlive && !node.site.freshness.holdsLease(node.site.now())) {
        this.#world.history.stuck(`${node.site.name} holds no lease long after every fault`)
      }
    }
  }
}
