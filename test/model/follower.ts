import { type Silent, Watch } from '../../src/freshness/failure-detector.ts'
import type { Reading, Received, Round } from '../../src/freshness/freshness.ts'
import { Trust } from '../../src/freshness/history-trust.ts'
import { Progress } from '../../src/freshness/progress.ts'
import type { Database, Place, StoredInstance } from './database.ts'
import type { Site } from './node.ts'
import type { Committed } from './receipt-desk.ts'

/**
 * The twin of Instance and Rounds, the drivers of one instance, without promises: the order of its
 * steps is the order there. It connects, registers, and follows the changes in rounds, one at a time.
 */
export class Follower {
  protected readonly site: Site
  readonly #watch: Watch
  readonly #progress = new Progress()
  readonly #trust: Trust
  /** Random, one a registration. */
  #id = ''
  /** The connection of the rounds, while it is not known to be broken. */
  #connection: number | undefined
  #isRegistered = false
  #isBusy = false
  #isWanted = false
  #isStopping = false
  #naps = 0
  #watchedAt = Number.NEGATIVE_INFINITY

  /** When it registered for the first time, in true time: only the checker may ask. */
  followsSince: number | undefined

  constructor(site: Site) {
    this.site = site
    this.#watch = new Watch(site.timing.watchMs)
    this.#trust = new Trust(site.timing.watchMs)
  }

  get id(): string {
    return this.#id
  }

  /** The id under which it knows that it is registered. */
  get registeredId(): string | undefined {
    return this.#isRegistered ? this.#id : undefined
  }

  /** Whether what instances say of themselves counts for nothing: history has changed under them. */
  get completesOnlyByTime(): boolean {
    return this.#trust.isLost(this.monotonic())
  }

  /** When this instance learnt that a revision is committed, on its monotonic clock: now, if it had not. */
  learn({ id }: Committed): number {
    return this.#progress.learn(id, this.monotonic())
  }

  start(): void {
    this.#begin()
  }

  /** A round now, or one more after the one under way. */
  hurry(): void {
    if (this.#isBusy) this.#isWanted = true
    else this.#begin()
  }

  /** A clean shutdown: the lease ends at once, the row goes when what was in flight is answered. */
  stop(drainMs: number, done: () => void): void {
    this.#isStopping = true
    this.site.freshness.lose()
    this.site.process.after(drainMs, () => {
      this.site.link.call({
        process: this.site.process,
        deadlineMs: this.site.timing.roundMs,
        statement: (db) => db.deleteInstance(this.#id),
        done,
      })
    })
  }

  protected monotonic(): number {
    return this.site.process.machine.monotonic()
  }

  /** A statement on the connection of the rounds, within its deadline: past it the connection is destroyed. */
  protected ask<T>(
    statement: (db: Database) => T | undefined,
    answered: (result: T) => void,
    commit?: (db: Database, result: T) => T | undefined,
  ): void {
    this.site.link.call({
      process: this.site.process,
      deadlineMs: this.site.timing.roundMs,
      statement,
      ...(commit && { commit }),
      done: (result) => {
        if (this.#isStopping) return
        if (result === undefined) this.fail()
        else answered(result)
      },
    })
  }

  protected newId(): string {
    return this.site.world.newId(this.site.name)
  }

  /** Each registration has an id of its own; the row of the one before goes. */
  protected register(): void {
    const former = this.#id
    if (former === '') {
      this.#insert()
      return
    }
    this.ask(
      (db) => db.deleteInstance(former),
      () => this.#insert(),
    )
  }

  #insert(): void {
    const id = this.newId()
    this.#id = id
    this.ask(
      (db) => db.place(),
      (place) => this.registered(place),
      (db, place) => db.register(id, place),
    )
  }

  protected registered(place: Place): void {
    const { freshness, history, world } = this.site
    if (this.#trust.registeredIn(place.history, this.monotonic())) this.meetHistory()
    history.follow(place.history)
    freshness.registered(place)
    this.#isRegistered = true
    this.followsSince ??= world.agenda.now
    world.tally.registrations += 1
    world.trace?.(`${this.site.name} is registered as ${this.#id} at ${place.revision}`)
    this.round()
  }

  protected round(): void {
    const { freshness } = this.site
    const round = freshness.beginRound(this.site.now())
    const { applied } = freshness
    this.ask(
      (db) => db.readFeed(applied),
      (reading) => this.received(round, reading),
    )
  }

  protected received(round: Round, reading: Reading): void {
    const received = this.site.freshness.received(round, reading)
    if (received.kind === 'acknowledge') for (const change of reading.changes) this.learn(change)
    this.follow(round, received)
  }

  protected follow(round: Round, received: Received): void {
    const { world } = this.site
    switch (received.kind) {
      case 'void':
        this.end()
        break
      case 'standby':
        world.tally.standbyAnswers += 1
        this.fail()
        break
      case 'history_changed':
        world.tally.historyChanges += 1
        world.trace?.(`${this.site.name} meets another history`)
        this.#trust.lose(this.monotonic())
        this.meetHistory()
        this.registerAnew()
        break
      case 'acknowledge':
        this.acknowledge(round, received.revision)
    }
  }

  protected acknowledge(round: Round, revision: number): void {
    const id = this.#id
    const leaseEndsAt = round.sentAt.wall + this.site.timing.leaseMs
    this.ask(
      (db) => db.acknowledge(id, revision, leaseEndsAt),
      (isKnown) => this.acknowledged(round, isKnown),
    )
  }

  protected acknowledged(round: Round, isKnown: boolean): void {
    if (!isKnown) {
      this.site.world.tally.survivedEviction += 1
      this.site.world.trace?.(`${this.site.name} was evicted`)
      this.registerAnew()
      return
    }
    this.confirm(round)
    this.#watchOthers()
  }

  protected confirm(round: Round): void {
    const { freshness, world } = this.site
    freshness.confirmed(round)
    world.tally.rounds += 1
    world.trace?.(`${this.site.name} has a lease, ${freshness.applied} is applied`)
  }

  protected meetHistory(): void {
    this.#watch.reset()
    this.site.history.leave()
  }

  protected registerAnew(): void {
    this.site.freshness.lose()
    this.site.history.forget()
    this.#isRegistered = false
    this.#isWanted = true
    this.end()
  }

  /** Not more often than one polls. */
  #watchOthers(): void {
    if (this.monotonic() - this.#watchedAt < this.site.pollIntervalMs) {
      this.end()
      return
    }
    const sentAt = this.monotonic()
    this.ask(
      (db) => db.readInstances(),
      (rows) => {
        this.#watchedAt = this.monotonic()
        this.evict(this.observe(rows, sentAt).filter(({ id }) => id !== this.#id))
      },
    )
  }

  protected observe(rows: readonly StoredInstance[], _sentAt: number): Silent[] {
    return this.#watch.observe(rows, this.monotonic())
  }

  protected evict(silent: readonly Silent[]): void {
    const [first, ...others] = silent
    if (first === undefined) {
      this.end()
      return
    }
    this.ask(
      (db) => this.deleteSilent(db, first),
      (isEvicted) => {
        if (isEvicted) {
          this.site.world.tally.evictions += 1
          this.site.world.trace?.(`${this.site.name} evicted ${first.id}`)
        }
        this.evict(others)
      },
    )
  }

  protected deleteSilent(db: Database, silent: Silent): boolean | undefined {
    return db.deleteInstance(silent.id, silent.beat)
  }

  protected fail(): void {
    this.#connection = undefined
    this.#watch.reset()
    this.end()
  }

  protected end(): void {
    this.#isBusy = false
    if (this.#isWanted) {
      this.#begin()
      return
    }
    this.#naps += 1
    const nap = this.#naps
    this.site.process.after(this.site.pollIntervalMs, () => {
      if (nap === this.#naps && !this.#isBusy) this.#begin()
    })
  }

  #begin(): void {
    if (this.#isStopping) return
    this.#isBusy = true
    this.#isWanted = false
    this.#naps += 1
    const { link } = this.site
    if (this.#connection === link.connection) {
      this.#beginRound()
      return
    }
    this.#watch.reset()
    link.reconnect()
    this.ask(
      () => true,
      () => {
        this.#connection = link.connection
        this.#beginRound()
      },
    )
  }

  #beginRound(): void {
    if (this.#isRegistered) this.round()
    else this.register()
  }
}
