import type { HistoryChange } from '../domain/protocol/history.ts'
import type { CurrentHistory } from '../store/current-history.ts'
import { StandbyError } from '../store/faults.ts'
import {
  acknowledge,
  type FeedConnection,
  loadFeed,
  registerInstance,
  unregisterInstance,
} from '../store/feed.ts'
import { withinDeadline } from './deadline.ts'
import type { Evictions } from './evictions.ts'
import type { Freshness, SyncCycle } from './freshness.ts'
import type { FreshnessLog } from './freshness-log.ts'
import { Trust } from './history-trust.ts'
import type { Moment } from './lease.ts'
import { Progress } from './progress.ts'
import type { Timing } from './timing.ts'

export interface SyncCyclesOptions {
  /** Random, one a call. */
  readonly newId: () => string
  readonly freshness: Freshness
  /** Told of each registration, and when another history is met. */
  readonly history: CurrentHistory
  readonly timing: Timing
  /** The others are not watched more often than this. */
  readonly pollIntervalMs: number
  readonly now: () => Moment
  /** Reads the ring of tag keys again; a change of it is acknowledged only after that. */
  readonly onTagKeysChanged: () => Promise<void>
  /** Told of each registration, before it is made. */
  readonly onRegistered: (id: string) => void
  readonly evictions: Evictions
  readonly log: FreshnessLog
}

/**
 * One round after the other, each on the connection that it is given: registers, reads the changes,
 * acknowledges what is applied, and evicts those who have long been silent. The rules are those of
 * Freshness, Trust and Watch; here is the I/O, in order, and nothing is decided.
 */
export class SyncCycles {
  readonly #options: SyncCyclesOptions
  readonly #progress = new Progress()
  readonly #trust: Trust
  #id: string | undefined
  #isRegistered = false
  #areTagKeysOld = false
  #toldOf: HistoryChange | undefined
  #detectedAt = Number.NEGATIVE_INFINITY
  #confirmed = 0
  #lastAt = Number.NEGATIVE_INFINITY

  constructor(options: SyncCyclesOptions) {
    this.#options = options
    this.#trust = new Trust(options.timing.failureTimeoutMs)
  }

  /** The id of the latest registration; undefined before the first. */
  get id(): string | undefined {
    return this.#id
  }

  /**
   * The id under which this instance is known to be registered. While a registration is under way its row
   * may be there already, and in which history it is comes with the answer.
   */
  get registeredId(): string | undefined {
    return this.#isRegistered ? this.#id : undefined
  }

  /** How many were confirmed. */
  get confirmed(): number {
    return this.#confirmed
  }

  /** When the last one that was confirmed began, on the monotonic clock. */
  get lastAt(): number {
    return this.#lastAt
  }

  /** Whether history has changed so lately that what instances say of themselves counts for nothing yet. */
  get completesOnlyByTime(): boolean {
    return this.#trust.isLost(this.#options.now().monotonic)
  }

  /** When this instance learnt that a revision is committed, on its monotonic clock: now, if it had not. */
  learn(revisionId: string): number {
    return this.#progress.learn(revisionId, this.#options.now().monotonic)
  }

  /** One round. Resolves to false when the next one must come at once: this instance registers anew. */
  async run(connection: FeedConnection): Promise<boolean> {
    if (!this.#isRegistered && !(await this.#register(connection))) return true
    return this.#read(connection)
  }

  /** Gives the row up, if there is one. */
  async deregister(connection: FeedConnection): Promise<void> {
    if (this.#id === undefined) return
    await this.#within(connection, unregisterInstance(connection, this.#id))
  }

  /**
   * Each registration has an id of its own. What was sent under an earlier one, and arrives late because
   * its connection was given up, can so neither delete the row of this one nor stand in for it.
   * False while this instance has to keep out: an observer's watch is timed for leases as long as its
   * own, so nobody may count on another staleness. It asks after its registration too, so that of two
   * who come at once at least one sees the other.
   */
  async #register(connection: FeedConnection): Promise<boolean> {
    const { evictions, freshness, history, newId, now, onRegistered, timing } = this.#options
    // A row from before, if there is one still, would hold receipts up until somebody evicts it.
    await this.deregister(connection)
    if (await evictions.look(connection, undefined)) return this.#standBy()
    const id = newId()
    this.#id = id
    onRegistered(id)
    const { maxStalenessMs } = timing
    const registration = { id, now: new Date(now().wall), maxStalenessMs }
    const place = await this.#within(connection, registerInstance(connection, registration))
    if (await evictions.look(connection, id)) {
      await this.deregister(connection)
      return this.#standBy()
    }
    const change = this.#trust.registeredIn(place.history, now().monotonic)
    if (change !== undefined) this.#meetHistory(change)
    this.#toldOf = undefined
    history.follow(place.history)
    freshness.registered(place)
    this.#isRegistered = true
    // Its place is the counter: a change of the tag keys before that comes with no round.
    this.#areTagKeysOld = true
    return true
  }

  #standBy(): false {
    this.#options.log.withheld()
    return false
  }

  async #read(connection: FeedConnection): Promise<boolean> {
    const { freshness, now, onTagKeysChanged } = this.#options
    const round = freshness.beginCycle(now())
    const reading = await this.#within(connection, loadFeed(connection, freshness.applied))
    const received = freshness.received(round, reading)
    switch (received.kind) {
      case 'void':
        return true
      case 'standby':
        throw new StandbyError()
      case 'history_changed':
        this.#trust.lose(now().monotonic)
        this.#meetHistory(received.change)
        return this.#forget()
      case 'acknowledge':
        this.#areTagKeysOld ||= received.tagKeysChanged
        if (this.#areTagKeysOld) await onTagKeysChanged()
        this.#areTagKeysOld = false
        for (const { id } of reading.changes) this.learn(id)
        return this.#acknowledge(connection, round, received.revision)
    }
  }

  async #acknowledge(
    connection: FeedConnection,
    round: SyncCycle,
    revision: number,
  ): Promise<boolean> {
    const { freshness, log } = this.#options
    const id = this.#id
    if (id === undefined) return false
    if (!(await this.#within(connection, acknowledge(connection, id, revision)))) {
      log.evicted(id)
      return this.#forget()
    }
    freshness.confirmed(round)
    log.cycleConfirmed()
    this.#confirmed += 1
    this.#lastAt = round.sentAt.monotonic
    await this.#detectFailures(connection)
    return true
  }

  /** A change that a round meets is told then, and not again by the registration that follows it. */
  #meetHistory(change: HistoryChange): void {
    const { evictions, freshness, history, log } = this.#options
    evictions.reset()
    history.leave()
    if (this.#toldOf === undefined) log.historyChanged(change, freshness.applied)
    this.#toldOf = change
  }

  #forget(): false {
    const { freshness, history } = this.#options
    freshness.lose()
    history.forget()
    this.#isRegistered = false
    return false
  }

  /** Not more often than one polls: notified rounds come in crowds. */
  async #detectFailures(connection: FeedConnection): Promise<void> {
    const { evictions, now, pollIntervalMs } = this.#options
    if (now().monotonic - this.#detectedAt < pollIntervalMs) return
    await evictions.look(connection, this.#id)
    this.#detectedAt = now().monotonic
  }

  /** One deadline for each statement. */
  #within<T>(connection: FeedConnection, work: Promise<T>): Promise<T> {
    return withinDeadline(connection, this.#options.timing.cycleDeadlineMs, work)
  }
}
