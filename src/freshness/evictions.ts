import { evictInstance, type FeedConnection, loadHeartbeats } from '../store/feed.ts'
import { withinDeadline } from './deadline.ts'
import { FailureDetector } from './failure-detector.ts'
import { type Timing, timingOf } from './timing.ts'

export interface EvictionsOptions {
  readonly timing: Timing
  readonly monotonicNow: () => number
  readonly log: { warn(facts: object, message: string): void }
}

/** Watches the other instances, and deletes the rows of those that have long been silent. */
export class Evictions {
  readonly #options: EvictionsOptions
  /** By the staleness that those watched count on: a watch is timed for leases of one length. */
  readonly #watches = new Map<number, FailureDetector>()
  #hasWarned = false

  constructor(options: EvictionsOptions) {
    this.#options = options
  }

  /**
   * Reads the beats of all but `ownId`, evicts who has been silent for a watch, and tells whether
   * somebody counts on another staleness: such an instance and this one must not live together.
   */
  async look(connection: FeedConnection, ownId: string | undefined): Promise<boolean> {
    const { timing, monotonicNow } = this.#options
    const all = await withinDeadline(connection, timing.cycleDeadlineMs, loadHeartbeats(connection))
    const respondedAt = monotonicNow()
    const others = all.filter((row) => row.id !== ownId)
    const stalenesses = new Set(others.map((row) => row.maxStalenessMs))
    for (const staleness of stalenesses) {
      const rows = others.filter((row) => row.maxStalenessMs === staleness)
      for (const silent of this.#watchFor(staleness).observe(rows, respondedAt)) {
        await this.#evict(connection, silent)
      }
    }
    stalenesses.delete(timing.maxStalenessMs)
    this.#warnOnce(stalenesses)
    return stalenesses.size > 0
  }

  /** The connection broke, or history changed: what was seen counts for nothing. */
  reset(): void {
    this.#watches.clear()
  }

  #watchFor(staleness: number): FailureDetector {
    const watch =
      this.#watches.get(staleness) ?? new FailureDetector(timingOf(staleness).failureTimeoutMs)
    this.#watches.set(staleness, watch)
    return watch
  }

  async #evict(
    connection: FeedConnection,
    silent: { readonly id: string; readonly beat: number },
  ): Promise<void> {
    const { timing, log } = this.#options
    const evicting = evictInstance(connection, silent)
    if (!(await withinDeadline(connection, timing.cycleDeadlineMs, evicting))) return
    log.warn({ instance: silent.id }, 'deregistered an unresponsive instance')
  }

  #warnOnce(stalenesses: ReadonlySet<number>): void {
    if (stalenesses.size > 0 && !this.#hasWarned) {
      this.#options.log.warn(
        { here: this.#options.timing.maxStalenessMs, there: [...stalenesses] },
        'MAX_STALENESS_MS differs between live instances; answering from memory is disabled until they agree',
      )
    }
    this.#hasWarned = stalenesses.size > 0
  }
}
