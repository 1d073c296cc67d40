import { type History, isLaterTimeline } from '../domain/protocol/history.ts'
import { explainReadOnly } from '../store/faults.ts'
import { destroyFeedConnection, type FeedConnection } from '../store/feed.ts'
import { Evictions } from './evictions.ts'
import type { Freshness } from './freshness.ts'
import { FreshnessLog, type InstanceLog } from './freshness-log.ts'
import type { Moment } from './lease.ts'
import { SyncCycles, type SyncCyclesOptions } from './sync-cycles.ts'
import type { Timing } from './timing.ts'
import { Wakeup } from './wakeup.ts'

export interface InstanceOptions
  extends Pick<SyncCyclesOptions, 'newId' | 'history' | 'onTagKeysChanged' | 'onRegistered'> {
  readonly freshness: Freshness
  readonly timing: Timing
  readonly pollIntervalMs: number
  readonly connect: () => Promise<FeedConnection>
  readonly now: () => Moment
  readonly log: InstanceLog
}

const shortestBackoffMs = 25

/**
 * One instance's part in the protocol, from its start to its end: a round every poll interval, and at
 * once when asked to hurry, one at a time, on a connection of its own that a failure replaces.
 */
export class Instance {
  readonly #options: InstanceOptions
  readonly #wakeup = new Wakeup()
  readonly #evictions: Evictions
  readonly #rounds: SyncCycles
  readonly #log: FreshnessLog
  #connection: FeedConnection | undefined
  #isStopping = false
  #running: Promise<void> = Promise.resolve()
  #failures = 0

  constructor(options: InstanceOptions) {
    const { timing, log, now } = options
    const monotonicNow = () => now().monotonic
    this.#options = options
    this.#evictions = new Evictions({ timing, monotonicNow, log })
    this.#log = new FreshnessLog(log, monotonicNow)
    this.#rounds = new SyncCycles({ ...options, evictions: this.#evictions, log: this.#log })
  }

  /** The id of the latest registration; undefined before the first. */
  get id(): string | undefined {
    return this.#rounds.id
  }

  /** The id under which this instance is known to be registered; undefined while it is not. */
  get registeredId(): string | undefined {
    return this.#rounds.registeredId
  }

  /** How many rounds were confirmed. */
  get rounds(): number {
    return this.#rounds.confirmed
  }

  /** Milliseconds since the last round that was confirmed. */
  get lagMs(): number {
    return this.#options.now().monotonic - this.#rounds.lastAt
  }

  /** How many new connections were refused, to servers of another history. */
  get refusedConnections(): number {
    return this.#options.history.refused
  }

  /** Whether what instances say of themselves counts for nothing, since history has changed under them. */
  get completesOnlyByTime(): boolean {
    return this.#rounds.completesOnlyByTime
  }

  /** When this instance learnt that a revision is committed, on its monotonic clock: now, if it had not. */
  learn(revisionId: string): number {
    return this.#rounds.learn(revisionId)
  }

  /** Begins: resolves with the first lease, or when the first round has failed. */
  async start(): Promise<void> {
    await this.#tryCycle()
    this.#running = this.#run()
  }

  /** Asks for a round now, or for one more after the one under way. */
  trigger(): void {
    this.#wakeup.wake()
  }

  /**
   * Somebody's connection reached a server of another history: a round finds out which of the two is to
   * be followed. One that was promoted after the server of the rounds would not be met on their
   * connection, which may stay with the deposed one for ever: it is replaced.
   */
  meet(met: History | null): void {
    const connection = this.#connection
    if (connection !== undefined && isLaterTimeline(met, connection.met)) {
      destroyFeedConnection(connection)
    }
    this.trigger()
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
      await this.#rounds.deregister(connection)
    } catch (error) {
      this.#options.log.warn({ err: error }, 'failed to deregister this instance')
    }
    destroyFeedConnection(connection)
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      await this.#wakeup.within(this.#pauseMs())
      if (this.#isStopping) return
      // A process that was stopped wakes up here: its lease may have lapsed since it was last looked at.
      this.#tellOfLease()
      await this.#tryCycle()
    }
  }

  /** After a failure the next round comes sooner: what was announced may wait for it. */
  #pauseMs(): number {
    const { pollIntervalMs } = this.#options
    if (this.#failures === 0) return pollIntervalMs
    return Math.min(pollIntervalMs, shortestBackoffMs * 2 ** this.#failures)
  }

  async #tryCycle(): Promise<void> {
    try {
      this.#connection ??= await this.#options.connect()
      if (!(await this.#rounds.run(this.#connection))) this.trigger()
      this.#failures = 0
    } catch (error) {
      this.#failures += 1
      this.#log.cycleFailed(explainReadOnly(error))
      this.#disconnect()
    }
    this.#tellOfLease()
  }

  #disconnect(): void {
    if (this.#connection !== undefined) destroyFeedConnection(this.#connection)
    this.#connection = undefined
    this.#evictions.reset()
  }

  #tellOfLease(): void {
    this.#log.lease(this.#options.freshness.holdsLease(this.#options.now()), this.id)
  }
}
