import type { HistoryChange } from '../domain/protocol/history.ts'
import type { Position } from '../domain/protocol/position.ts'
import type { Reading } from '../domain/protocol/reading.ts'
import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import { StandbyError } from '../store/faults.ts'
import { ask, type Steps } from './coroutine.ts'
import { CycleLoop, type CycleLoopOptions } from './cycle-loop.ts'
import type { UnresponsiveInstance } from './failure-detector.ts'
import type { SyncCycle } from './freshness.ts'
import { KnownRevisions } from './known-revisions.ts'
import { ReceiptTrust } from './receipt-trust.ts'
import type { Timing } from './timing.ts'

export interface FollowerOptions extends CycleLoopOptions {
  /** Random, one a call. */
  readonly newId: () => string
  /** Decides which connections of the pool are admitted. */
  readonly history: {
    follow(history: Position['history']): void
    forget(): void
    leave(): void
  }
  readonly timing: Timing
}

/**
 * The protocol of one instance, from its start to its end: docs/freshness.md has the state diagram
 * and the reason for each rule. Freshness and the current history change in the step in which a
 * result comes, so no verification meets a state between two rules.
 */
export class Follower extends CycleLoop {
  protected override readonly options: FollowerOptions
  readonly #knownRevisions = new KnownRevisions()
  readonly #trust: ReceiptTrust
  #id: string | undefined
  #isRegistered = false
  #areTagKeysOld = false
  #loggedChange: HistoryChange | undefined
  #longestStalenessMs: number
  #detectedAt = Number.NEGATIVE_INFINITY
  #confirmed = 0
  #confirmedAt = Number.NEGATIVE_INFINITY

  constructor(options: FollowerOptions) {
    super(options)
    this.options = options
    this.#longestStalenessMs = options.timing.maxStalenessMs
    this.#trust = new ReceiptTrust(this.failureTimeoutMs())
  }

  /** The id of the latest registration; undefined before the first. */
  get id(): string | undefined {
    return this.#id
  }

  /**
   * The id under which this instance is known to be registered. While a registration is under way
   * its row may be there already; in which history the row is comes with the result.
   */
  get registeredId(): string | undefined {
    return this.#isRegistered ? this.#id : undefined
  }

  /** How many sync cycles were confirmed. */
  get confirmed(): number {
    return this.#confirmed
  }

  /** When the latest confirmed sync cycle began, on the monotonic clock. */
  get confirmedAt(): number {
    return this.#confirmedAt
  }

  /**
   * Whether history changed so lately that the rows of instances complete no receipt. `now` is
   * monotonic.
   */
  completesOnlyByTime(now: number): boolean {
    return this.#trust.isLost(now)
  }

  /**
   * How long a lease can last that is older than a commit, in milliseconds on the clock of this
   * instance: by the longest MAX_STALENESS_MS of the given instances and of all that this one has
   * observed.
   */
  failureTimeoutMs(instances: readonly { readonly maxStalenessMs: number }[] = []): number {
    const all = instances.map(({ maxStalenessMs }) => maxStalenessMs)
    const { failureDetector } = this.options
    return failureDetector.failureTimeoutMs(Math.max(this.#longestStalenessMs, ...all))
  }

  /**
   * Since when this instance has known that a revision is committed: `now`, if it did not.
   * Monotonic.
   */
  learn(committed: RevisionRef, now: number): number {
    return this.#knownRevisions.learn(committed.id, now)
  }

  protected override *end(isConnected: boolean): Steps<void> {
    this.options.freshness.lose()
    if (!isConnected) return
    try {
      yield* this.#deregister()
    } catch (error) {
      this.options.log.deregistrationFailed(error)
    }
  }

  /** One sync cycle. False: the next one follows at once, because this instance registers again. */
  protected override *cycle(): Steps<boolean> {
    if (!this.#isRegistered && !(yield* this.register())) return true
    const { freshness } = this.options
    const cycle = freshness.beginCycle(this.now)
    const { reading } = yield* ask({ kind: 'load_feed', applied: freshness.applied })
    return yield* this.apply(cycle, reading)
  }

  /**
   * Each registration has an id of its own. A statement of an earlier registration that arrives
   * late, on a connection that was given up, then neither deletes the row of this one nor renews
   * it. False while this instance stands by: the time after which a receipt is complete holds for
   * leases of one length, so no two instances may hold leases of different lengths. The instance
   * looks after its registration too: of two that register at once, at least one sees the other.
   */
  protected *register(): Steps<boolean> {
    // The row of an earlier registration would hold receipts up until another instance evicts it.
    yield* this.#deregister()
    if (yield* this.detectFailures(undefined)) return this.standBy()
    const id = this.options.newId()
    this.#id = id
    const { position } = yield* ask({ kind: 'register', id })
    if (yield* this.detectFailures(id)) {
      yield* this.#deregister()
      return this.standBy()
    }
    this.#registered(position)
    return true
  }

  *#deregister(): Steps<void> {
    if (this.#id !== undefined) yield* ask({ kind: 'deregister', id: this.#id })
  }

  protected standBy(): boolean {
    this.options.log.standingBy()
    return false
  }

  #registered(position: Position): void {
    const { freshness, history } = this.options
    const change = this.#trust.registeredIn(position.history, this.now.monotonic)
    if (change !== undefined) this.#leaveHistory(change)
    this.#loggedChange = undefined
    history.follow(position.history)
    freshness.registered(position)
    this.#isRegistered = true
    // The feed begins at the position: no cycle reads a change of the tag keys from before it.
    this.#areTagKeysOld = true
  }

  /** Applies what a cycle read, in the step in which it came, and acknowledges it. */
  protected *apply(cycle: SyncCycle, reading: Reading): Steps<boolean> {
    const received = this.options.freshness.received(reading)
    switch (received.kind) {
      case 'standby':
        throw new StandbyError()
      case 'history_changed':
        yield* this.prove()
        this.#trust.lose(this.now.monotonic)
        this.#leaveHistory(received.change)
        return this.#forget()
      case 'acknowledge':
        this.#areTagKeysOld ||= received.tagKeysChanged
        if (this.#areTagKeysOld) yield* this.reloadTagKeys()
        this.#areTagKeysOld = false
        for (const change of reading.changes) this.learn(change, this.now.monotonic)
        return yield* this.acknowledge(cycle, received.revision)
    }
  }

  /**
   * A server of another history is followed only once it commits: until then this instance is like
   * one that has not met it, and its lease goes on. A promoted primary may wait for its first
   * synchronous standby; a deposed one waits for ever.
   */
  protected *prove(): Steps<void> {
    yield* ask({ kind: 'prove' })
  }

  protected *reloadTagKeys(): Steps<void> {
    yield* ask({ kind: 'reload_tag_keys' })
  }

  protected *acknowledge(cycle: SyncCycle, revision: number): Steps<boolean> {
    const { freshness, log, pollIntervalMs } = this.options
    const id = this.#id
    if (id === undefined) return false
    const { isKnown } = yield* ask({ kind: 'acknowledge', id, revision })
    if (!isKnown) {
      log.evicted(id)
      return this.#forget()
    }
    freshness.confirmed(cycle)
    log.cycleConfirmed(this.now.monotonic)
    this.#confirmed += 1
    this.#confirmedAt = cycle.sentAt.monotonic
    // Not more often than an instance polls: announced changes cause many cycles.
    if (this.now.monotonic - this.#detectedAt < pollIntervalMs) return true
    yield* this.detectFailures(id)
    this.#detectedAt = this.now.monotonic
    return true
  }

  /**
   * Reads the heartbeats of the other instances, evicts those that are unresponsive, and returns
   * whether one of the others has another MAX_STALENESS_MS.
   */
  protected *detectFailures(ownId: string | undefined): Steps<boolean> {
    const { failureDetector, log, timing } = this.options
    const { rows } = yield* ask({ kind: 'load_heartbeats' })
    const others = rows.filter(({ id }) => id !== ownId)
    yield* this.evict(failureDetector.observe(others, this.now.monotonic))
    const stalenesses = new Set(others.map(({ maxStalenessMs }) => maxStalenessMs))
    this.#longestStalenessMs = Math.max(this.#longestStalenessMs, ...stalenesses)
    stalenesses.delete(timing.maxStalenessMs)
    log.stalenesses(timing.maxStalenessMs, stalenesses)
    return stalenesses.size > 0
  }

  protected *evict(unresponsive: readonly UnresponsiveInstance[]): Steps<void> {
    for (const { id, heartbeat } of unresponsive) {
      const { isEvicted } = yield* ask({ kind: 'evict', id, heartbeat })
      if (isEvicted) this.options.log.evictedAnother(id)
    }
  }

  /** A change that a cycle meets is logged then, and not again by the registration that follows. */
  #leaveHistory(change: HistoryChange): void {
    const { failureDetector, freshness, history, log } = this.options
    failureDetector.reset()
    history.leave()
    if (this.#loggedChange === undefined) log.historyChanged(change, freshness.applied)
    this.#loggedChange = change
  }

  #forget(): false {
    this.options.freshness.lose()
    this.options.history.forget()
    this.#isRegistered = false
    return false
  }
}
