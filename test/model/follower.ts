import type { Reading } from '../../src/domain/protocol/reading.ts'
import { FailureDetector, type UnresponsiveInstance } from '../../src/freshness/failure-detector.ts'
import type { Received, SyncCycle } from '../../src/freshness/freshness.ts'
import { Trust } from '../../src/freshness/history-trust.ts'
import { Progress } from '../../src/freshness/progress.ts'
import type { Database, Position, StoredInstance } from './database.ts'
import type { Node } from './node.ts'
import type { RevisionRef } from './receipt-desk.ts'

/**
 * The twin of Instance and Rounds, the drivers of one instance, without promises: the order of its
 * steps is the order there. It connects, registers, and follows the changes in rounds, one at a time.
 */
export class Follower {
  protected readonly node: Node
  readonly #watch: FailureDetector
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
  #detectedAt = Number.NEGATIVE_INFINITY

  /** When it registered for the first time, in true time: only the checker may ask. */
  followsSince: number | undefined

  constructor(node: Node) {
    this.node = node
    this.#watch = new FailureDetector(node.timing.failureTimeoutMs)
    this.#trust = new Trust(node.timing.failureTimeoutMs)
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
  learn({ id }: RevisionRef): number {
    return this.#progress.learn(id, this.monotonic())
  }

  start(): void {
    this.#begin()
  }

  /** A round now, or one more after the one under way. */
  trigger(): void {
    if (this.#isBusy) this.#isWanted = true
    else this.#begin()
  }

  /** A clean shutdown: the lease ends at once, the row goes when what was in flight is answered. */
  stop(drainMs: number, done: () => void): void {
    this.#isStopping = true
    this.node.freshness.lose()
    this.node.process.after(drainMs, () => {
      this.node.link.call({
        process: this.node.process,
        deadlineMs: this.node.timing.cycleDeadlineMs,
        statement: (db) => db.deleteInstance(this.#id),
        done,
      })
    })
  }

  protected monotonic(): number {
    return this.node.process.machine.monotonic()
  }

  /** A statement on the connection of the rounds, within its deadline: past it the connection is destroyed. */
  protected ask<T>(
    statement: (db: Database) => T | undefined,
    answered: (result: T) => void,
    commit?: (db: Database, result: T) => T | undefined,
  ): void {
    this.node.link.call({
      process: this.node.process,
      deadlineMs: this.node.timing.cycleDeadlineMs,
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
    return this.node.environment.newId(this.node.name)
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

  protected registered(place: Position): void {
    const { freshness, history, environment } = this.node
    if (this.#trust.registeredIn(place.history, this.monotonic())) this.meetHistory()
    history.follow(place.history)
    freshness.registered(place)
    this.#isRegistered = true
    this.followsSince ??= environment.scheduler.now
    environment.counts.registrations += 1
    environment.trace?.(`${this.node.name} is registered as ${this.#id} at ${place.revision}`)
    this.round()
  }

  protected round(): void {
    const { freshness } = this.node
    const round = freshness.beginCycle(this.node.now())
    const { applied } = freshness
    this.ask(
      (db) => db.loadFeed(applied),
      (reading) => this.received(round, reading),
    )
  }

  protected received(round: SyncCycle, reading: Reading): void {
    const received = this.node.freshness.received(round, reading)
    if (received.kind === 'acknowledge') for (const change of reading.changes) this.learn(change)
    this.follow(round, received)
  }

  protected follow(round: SyncCycle, received: Received): void {
    const { environment } = this.node
    switch (received.kind) {
      case 'void':
        this.end()
        break
      case 'standby':
        environment.counts.standbyAnswers += 1
        this.fail()
        break
      case 'history_changed':
        environment.counts.historyChanges += 1
        environment.trace?.(`${this.node.name} meets another history`)
        this.#trust.lose(this.monotonic())
        this.meetHistory()
        this.registerAnew()
        break
      case 'acknowledge':
        this.acknowledge(round, received.revision)
    }
  }

  protected acknowledge(round: SyncCycle, revision: number): void {
    const id = this.#id
    const leaseEndsAt = round.sentAt.wall + this.node.timing.leaseMs
    this.ask(
      (db) => db.acknowledge(id, revision, leaseEndsAt),
      (isKnown) => this.acknowledged(round, isKnown),
    )
  }

  protected acknowledged(round: SyncCycle, isKnown: boolean): void {
    if (!isKnown) {
      this.node.environment.counts.survivedEviction += 1
      this.node.environment.trace?.(`${this.node.name} was evicted`)
      this.registerAnew()
      return
    }
    this.confirm(round)
    this.#detectFailures()
  }

  protected confirm(round: SyncCycle): void {
    const { freshness, environment } = this.node
    freshness.confirmed(round)
    environment.counts.rounds += 1
    environment.trace?.(`${this.node.name} has a lease, ${freshness.applied} is applied`)
  }

  protected meetHistory(): void {
    this.#watch.reset()
    this.node.history.leave()
  }

  protected registerAnew(): void {
    this.node.freshness.lose()
    this.node.history.forget()
    this.#isRegistered = false
    this.#isWanted = true
    this.end()
  }

  /** Not more often than one polls. */
  #detectFailures(): void {
    if (this.monotonic() - this.#detectedAt < this.node.pollIntervalMs) {
      this.end()
      return
    }
    const sentAt = this.monotonic()
    this.ask(
      (db) => db.readInstances(),
      (rows) => {
        this.#detectedAt = this.monotonic()
        this.evict(this.observe(rows, sentAt).filter(({ id }) => id !== this.#id))
      },
    )
  }

  protected observe(rows: readonly StoredInstance[], _sentAt: number): UnresponsiveInstance[] {
    return this.#watch.observe(rows, this.monotonic())
  }

  protected evict(silent: readonly UnresponsiveInstance[]): void {
    const [first, ...others] = silent
    if (first === undefined) {
      this.end()
      return
    }
    this.ask(
      (db) => this.deleteUnresponsive(db, first),
      (isEvicted) => {
        if (isEvicted) {
          this.node.environment.counts.evictions += 1
          this.node.environment.trace?.(`${this.node.name} evicted ${first.id}`)
        }
        this.evict(others)
      },
    )
  }

  protected deleteUnresponsive(db: Database, silent: UnresponsiveInstance): boolean | undefined {
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
    this.node.process.after(this.node.pollIntervalMs, () => {
      if (nap === this.#naps && !this.#isBusy) this.#begin()
    })
  }

  #begin(): void {
    if (this.#isStopping) return
    this.#isBusy = true
    this.#isWanted = false
    this.#naps += 1
    const { link } = this.node
    if (this.#connection === link.connection) {
      this.#beginCycle()
      return
    }
    this.#watch.reset()
    link.reconnect()
    this.ask(
      () => true,
      () => {
        this.#connection = link.connection
        this.#beginCycle()
      },
    )
  }

  #beginCycle(): void {
    if (this.#isRegistered) this.round()
    else this.register()
  }
}
