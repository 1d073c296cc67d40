import { type History, isLaterTimeline } from '../domain/protocol/history.ts'
import { ask, Coroutine, type Steps } from './coroutine.ts'
import type { FailureDetector } from './failure-detector.ts'
import type { Freshness } from './freshness.ts'
import type { FreshnessLog } from './freshness-log.ts'

export interface CycleLoopOptions {
  readonly freshness: Freshness
  readonly failureDetector: FailureDetector
  /** The pause between sync cycles, and between searches for failures, in milliseconds. */
  readonly pollIntervalMs: number
  readonly log: FreshnessLog
}

const shortestPauseMs = 25
/** How many cycles an instance waits for others before the log says so: some seconds. */
const quietWaits = 8

/**
 * When an instance runs its sync cycles: one every poll interval, and at once when the driver cuts
 * the sleep short, one at a time, on a connection that a failure replaces. What a cycle does is the
 * follower's.
 */
export abstract class CycleLoop extends Coroutine {
  protected readonly options: CycleLoopOptions
  /** What the server of the connection said of itself; undefined without a connection. */
  #server: { readonly history: History | null } | undefined
  #isStopping = false
  #failures = 0
  /** How many cycles in a row have left this instance waiting. */
  #waits = 0
  #isDue = false

  constructor(options: CycleLoopOptions) {
    super()
    this.options = options
  }

  /** Ends after the sync cycle under way. */
  stop(): void {
    this.#isStopping = true
  }

  /**
   * Whether the connection must be given up, since a connection of the pool has reached a server
   * that was promoted later than the one that the cycles read: a deposed primary may keep theirs
   * for ever.
   */
  isSuperseded(met: History | null): boolean {
    return this.#server !== undefined && isLaterTimeline(met, this.#server.history)
  }

  /** Whether this instance waits for the cycles of others before it may hold a lease. */
  abstract get isWaiting(): boolean

  /** One sync cycle. False: the next one follows at once. */
  protected abstract cycle(): Steps<boolean>

  protected abstract end(isConnected: boolean): Steps<void>

  protected *run(): Steps<void> {
    while (!this.#isStopping) {
      yield* this.#tryCycle()
      this.#logLease()
      const ms = this.#pauseMs()
      this.#isDue = false
      yield* ask({ kind: 'sleep', ms })
      // A process that was stopped wakes up here: its lease may have expired meanwhile.
      if (!this.#isStopping) this.#logLease()
    }
    yield* this.end(this.#server !== undefined)
    if (this.#server !== undefined) yield* this.#disconnect()
  }

  *#tryCycle(): Steps<void> {
    try {
      if (this.#server === undefined) this.#server = yield* ask({ kind: 'connect' })
      this.#isDue = !(yield* this.cycle())
      this.#failures = 0
      this.#waits = this.isWaiting ? this.#waits + 1 : 0
    } catch (error) {
      this.#failures += 1
      this.options.log.cycleFailed(error, this.now.monotonic)
      yield* this.#disconnect()
    }
  }

  *#disconnect(): Steps<void> {
    this.#server = undefined
    this.options.failureDetector.reset()
    yield* ask({ kind: 'disconnect' })
  }

  /**
   * After a failure the next cycle comes sooner: an announced change may wait for it. While this
   * instance waits for others, too: they may be done soon.
   */
  #pauseMs(): number {
    const { pollIntervalMs } = this.options
    if (this.#isDue) return 0
    const soon = this.#failures > 0 ? this.#failures + 1 : this.#waits
    return soon === 0 ? pollIntervalMs : Math.min(pollIntervalMs, shortestPauseMs * 2 ** (soon - 1))
  }

  #logLease(): void {
    // Live instances learn of a registration soon; that is no event.
    if (this.isWaiting && this.#waits <= quietWaits) return
    const { freshness, log } = this.options
    log.lease(freshness.holdsLease(this.now), this.id, this.now.monotonic)
  }

  /** The id of the latest registration; undefined before the first. */
  abstract get id(): string | undefined
}
