import {
  acknowledge,
  destroyFeedConnection,
  evictInstance,
  type FeedConnection,
  readBeats,
  readFeed,
  registerInstance,
  unregisterInstance,
} from '../store/feed.ts'
import type { Freshness } from './freshness.ts'
import type { Moment } from './lease.ts'
import { Progress } from './progress.ts'
import { type Timing, timingOf } from './timing.ts'
import { Wakeup } from './wakeup.ts'
import { type Silent, Watch } from './watch.ts'

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
  readonly #watch: Watch
  /** Of those who count on another staleness, by that. */
  readonly #otherWatches = new Map<number, Watch>()
  readonly #progress = new Progress()
  #id: string | undefined
  #connection: FeedConnection | undefined
  #isRegistered = false
  #isKeptOut = false
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
    this.#watch = new Watch(options.timing.watchMs)
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
   * False while this instance has to keep out.
   */
  async #register(connection: FeedConnection): Promise<boolean> {
    const { freshness, newId, now } = this.#options
    // A row from before, if there is one still, would hold receipts up until somebody evicts it.
    if (this.#id !== undefined) {
      await this.#within(connection, unregisterInstance(connection, this.#id))
    }
    if (await this.#meetsOtherStaleness(connection)) return false
    const id = newId()
    this.#id = id
    this.#options.onRegistered(id)
    const { maxStalenessMs } = this.#options.timing
    const registration = { id, now: new Date(now().wall), maxStalenessMs }
    const place = await this.#within(connection, registerInstance(connection, registration))
    if (await this.#meetsOtherStaleness(connection)) {
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

  /**
   * An observer's watch is timed for leases as long as its own: an instance that counts on another
   * staleness than those in the table keeps out, and reads the database until they are gone. It asks
   * after its registration too, so that of two who come at once at least one sees the other. What a
   * dead one has left is evicted, by a watch for the staleness that it counted on.
   */
  async #meetsOtherStaleness(connection: FeedConnection): Promise<boolean> {
    const { timing, now, log } = this.#options
    const { maxStalenessMs } = timing
    const beats = await this.#within(connection, readBeats(connection))
    const respondedAt = now().monotonic
    const others = beats.filter((row) => row.maxStalenessMs !== maxStalenessMs)
    const theirs = new Set(others.map((row) => row.maxStalenessMs))
    if (theirs.size > 0 && !this.#isKeptOut) {
      log.warn(
        { here: maxStalenessMs, there: [...theirs] },
        'MAX_STALENESS_MS is another one on a live instance, and must be the same: every verification reads the database',
      )
    }
    this.#isKeptOut = theirs.size > 0
    for (const staleness of theirs) {
      const watch = this.#otherWatches.get(staleness) ?? new Watch(timingOf(staleness).watchMs)
      this.#otherWatches.set(staleness, watch)
      const rows = others.filter((row) => row.maxStalenessMs === staleness)
      await this.#evict(connection, watch.observe(rows, respondedAt))
    }
    return this.#isKeptOut
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
    this.#watch.reset()
    this.#otherWatches.clear()
  }

  /** Not more often than one polls: notified rounds come in crowds. */
  async #watchOthers(connection: FeedConnection): Promise<void> {
    const { now, pollIntervalMs } = this.#options
    if (now().monotonic - this.#watchedAt < pollIntervalMs) return
    const beats = await this.#within(connection, readBeats(connection))
    this.#watchedAt = now().monotonic
    await this.#evict(connection, this.#watch.observe(beats, this.#watchedAt))
  }

  async #evict(connection: FeedConnection, silents: readonly Silent[]): Promise<void> {
    const { log } = this.#options
    for (const silent of silents) {
      if (silent.id === this.id) continue
      const isEvicted = await this.#within(connection, evictInstance(connection, silent))
      if (isEvicted) log.warn({ instance: silent.id }, 'a silent instance was evicted')
    }
  }

  #disconnect(): void {
    if (this.#connection !== undefined) destroyFeedConnection(this.#connection)
    this.#connection = undefined
    this.#watch.reset()
    this.#otherWatches.clear()
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

  /** One deadline for each statement of a round: past it the connection is destroyed. */
  async #within<T>(connection: FeedConnection, work: Promise<T>): Promise<T> {
    const { timing } = this.#options
    const deadline = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      destroyFeedConnection(connection)
      deadline.reject(new Error(`The database did not answer within ${timing.roundMs} ms.`))
    }, timing.roundMs)
    try {
      return await Promise.race([work, deadline.promise])
    } finally {
      clearTimeout(timer)
      work.catch(() => undefined)
    }
  }
}
