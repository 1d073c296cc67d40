import {
  acknowledge,
  destroyFeedConnection,
  type FeedConnection,
  readFeed,
  registerInstance,
  unregisterInstance,
} from '../store/feed.ts'
import { withinDeadline } from './deadline.ts'
import { Evictions } from './evictions.ts'
import type { Freshness } from './freshness.ts'
import type { Moment } from './lease.ts'
import { Progress } from './progress.ts'
import type { Timing } from './timing.ts'
import { Wakeup } from './wakeup.ts'

export interface InstanceOptions {
  /** Random, one a call. */
  readonly newId: () => string
  readonly freshness: Freshness
  readonly timing: Timing
  readonly pollIntervalMs: number
  readonly connect: () => Promise<FeedConnection>
  readonly now: () => Moment
  /** Reads the ring of tag keys again; a change of it is acknowledged only after that. */
  readonly onTagKeysChanged: () => Promise<void>
  /** Told of each registration, before it is made. */
  readonly onRegistered: (id: string) => void
  readonly log: InstanceLog
}

export interface InstanceLog {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
}

const shortestBackoffMs = 25

/**
 * One instance's part in the protocol: it registers, follows the order of changes in rounds, one at a
 * time, on a connection of its own, acknowledges what it has applied, and evicts those who have long
 * been silent. The rules are those of Freshness and Watch; here is the I/O, and nothing is decided.
 */
export class Instance {
  readonly #options: InstanceOptions
  readonly #wakeup = new Wakeup()
  readonly #evictions: Evictions
  readonly #progress = new Progress()
  #id: string | undefined
  #connection: FeedConnection | undefined
  #isRegistered = false
  #isStopping = false
  #areTagKeysOld = false
  #hadLease = false
  #distrustUntil = Number.NEGATIVE_INFINITY
  #lastTimeline: string | null | undefined
  #watchedAt = Number.NEGATIVE_INFINITY
  #running: Promise<void> = Promise.resolve()
  #rounds = 0
  #failures = 0
  #lastRoundAt = Number.NEGATIVE_INFINITY

  constructor(options: InstanceOptions) {
    this.#options = options
    this.#evictions = new Evictions({
      timing: options.timing,
      monotonicNow: () => options.now().monotonic,
      log: options.log,
    })
  }

  /** The id of the latest registration; undefined before the first. */
  get id(): string | undefined {
    return this.#id
  }

  get rounds(): number {
    return this.#rounds
  }

  /** Milliseconds since the last round that was confirmed. */
  get lagMs(): number {
    return this.#options.now().monotonic - this.#lastRoundAt
  }

  /** Until then what instances say of themselves counts for nothing: history has changed under them. */
  get completesOnlyByTime(): boolean {
    return this.#options.now().monotonic < this.#distrustUntil
  }

  /** When this instance learnt that a revision is committed, on its monotonic clock: now, if it had not. */
  learn(revisionId: string): number {
    return this.#progress.learn(revisionId, this.#options.now().monotonic)
  }

  /** Begins: resolves with the first lease, or when the first round has failed. */
  async start(): Promise<void> {
    await this.#tryRound()
    this.#running = this.#run()
  }

  /** Asks for a round now, or for one more after the one under way. */
  hurry(): void {
    this.#wakeup.wake()
  }

  /** Ends the lease at once and gives the row up. Answer what is in flight before. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#wakeup.wake()
    await this.#running
    this.#options.freshness.lose()
    const connection = this.#connection
    if (connection === undefined) return
    try {
      if (this.#id !== undefined) {
        await this.#within(connection, unregisterInstance(connection, this.#id))
      }
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the row of this instance could not be given up')
    }
    destroyFeedConnection(connection)
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      await this.#wakeup.within(this.#pauseMs())
      if (!this.#isStopping) await this.#tryRound()
    }
  }

  /** After a failure the next round comes sooner: what was announced may wait for it. */
  #pauseMs(): number {
    const { pollIntervalMs } = this.#options
    if (this.#failures === 0) return pollIntervalMs
    return Math.min(pollIntervalMs, shortestBackoffMs * 2 ** this.#failures)
  }

  async #tryRound(): Promise<void> {
    try {
      this.#connection ??= await this.#options.connect()
      const connection = this.#connection
      if (this.#isRegistered || (await this.#register(connection))) await this.#round(connection)
      this.#failures = 0
    } catch (error) {
      this.#failures += 1
      this.#options.log.warn({ err: error }, 'a round of the change feed failed')
      this.#disconnect()
    }
    this.#tellOfLease()
  }

  /**
   * Each registration has an id of its own. What was sent under an earlier one, and arrives late because
   * its connection was given up, can so neither delete the row of this one nor stand in for it.
   * False while this instance has to keep out: an observer's watch is timed for leases as long as its
   * own, so nobody may count on another staleness. It asks after its registration too, so that of two
   * who come at once at least one sees the other.
   */
  async #register(connection: FeedConnection): Promise<boolean> {
    const { freshness, newId, now } = this.#options
    // A row from before, if there is one still, would hold receipts up until somebody evicts it.
    if (this.#id !== undefined) {
      await this.#within(connection, unregisterInstance(connection, this.#id))
    }
    if (await this.#evictions.look(connection, undefined)) return false
    const id = newId()
    this.#id = id
    this.#options.onRegistered(id)
    const { maxStalenessMs } = this.#options.timing
    const registration = { id, now: new Date(now().wall), maxStalenessMs }
    const place = await this.#within(connection, registerInstance(connection, registration))
    if (await this.#evictions.look(connection, id)) {
      await this.#within(connection, unregisterInstance(connection, id))
      return false
    }
    if (this.#lastTimeline !== undefined && place.timeline !== this.#lastTimeline) {
      this.#distrustInstances()
    }
    this.#lastTimeline = place.timeline
    freshness.registered(place)
    this.#isRegistered = true
    // Its place is the counter: a change of the tag keys before that comes with no round.
    this.#areTagKeysOld = true
    return true
  }

  async #round(connection: FeedConnection): Promise<void> {
    const { freshness, now } = this.#options
    const round = freshness.beginRound(now())
    const reading = await this.#within(connection, readFeed(connection, freshness.applied))
    const received = freshness.received(round, reading)
    switch (received.kind) {
      case 'void':
        return
      case 'standby':
        throw new Error(
          'The database is a standby: DATABASE_URL must name the server that takes writes.',
        )
      case 'history_changed':
        return this.#meetOtherHistory()
      case 'acknowledge':
        this.#areTagKeysOld ||= received.tagKeysChanged
        if (this.#areTagKeysOld) await this.#options.onTagKeysChanged()
        this.#areTagKeysOld = false
        for (const { id } of reading.changes) this.learn(id)
        await this.#acknowledge(connection, round, received.revision)
    }
  }

  async #acknowledge(
    connection: FeedConnection,
    round: Parameters<Freshness['confirmed']>[0],
    revision: number,
  ): Promise<void> {
    const { freshness, log } = this.#options
    const id = this.#id
    if (id === undefined) return
    const isKnown = await this.#within(connection, acknowledge(connection, id, revision))
    if (!isKnown) {
      log.warn({ instance: id }, 'this instance was evicted; it registers anew')
      freshness.lose()
      this.#isRegistered = false
      this.hurry()
      return
    }
    freshness.confirmed(round)
    this.#rounds += 1
    this.#lastRoundAt = round.sentAt.monotonic
    await this.#watchOthers(connection)
  }

  #meetOtherHistory(): void {
    const { freshness, log } = this.#options
    log.warn(
      { applied: freshness.applied },
      'the database has another history than before: a restore or a failover; what was acknowledged since may be lost',
    )
    freshness.lose()
    this.#isRegistered = false
    this.#distrustInstances()
    this.hurry()
  }

  #distrustInstances(): void {
    this.#distrustUntil = this.#options.now().monotonic + this.#options.timing.watchMs
    this.#evictions.reset()
  }

  /** Not more often than one polls: notified rounds come in crowds. */
  async #watchOthers(connection: FeedConnection): Promise<void> {
    const { now, pollIntervalMs } = this.#options
    if (now().monotonic - this.#watchedAt < pollIntervalMs) return
    await this.#evictions.look(connection, this.#id)
    this.#watchedAt = now().monotonic
  }

  #disconnect(): void {
    if (this.#connection !== undefined) destroyFeedConnection(this.#connection)
    this.#connection = undefined
    this.#evictions.reset()
  }

  #tellOfLease(): void {
    const { freshness, log, now } = this.#options
    const holds = freshness.holdsLease(now())
    if (holds === this.#hadLease) return
    this.#hadLease = holds
    if (holds)
      log.info({ instance: this.id }, 'the lease holds: verifications are answered from memory')
    else
      log.warn({ instance: this.id }, 'the lease has lapsed: every verification reads the database')
  }

  /** One deadline for each statement of a round. */
  #within<T>(connection: FeedConnection, work: Promise<T>): Promise<T> {
    return withinDeadline(connection, this.#options.timing.roundMs, work)
  }
}
