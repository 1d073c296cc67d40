import type { ObservedInstance } from '../domain/protocol/observed-instance.ts'
import type { FailureDetector, UnresponsiveInstance } from './failure-detector.ts'
import type { FreshnessLog } from './freshness-log.ts'
import { RegistrationGate } from './registration-gate.ts'

export interface PeersOptions {
  readonly failureDetector: FailureDetector
  readonly maxStalenessMs: number
  readonly log: FreshnessLog
}

/** What one read of the table showed of the other instances. */
export interface Look {
  readonly unresponsive: readonly UnresponsiveInstance[]
  /** Whether one of them has another MAX_STALENESS_MS. */
  readonly doStalenessesDiffer: boolean
}

/** What this instance has observed of the others in the table `instance`. */
export class Peers {
  /** Whether all of them know of the registration of this instance. */
  readonly gate = new RegistrationGate()
  readonly #options: PeersOptions
  #longestStalenessMs: number

  constructor(options: PeersOptions) {
    this.#options = options
    this.#longestStalenessMs = options.maxStalenessMs
  }

  /** Takes a read of the whole table, whose response came at `now` on the monotonic clock. */
  observe(rows: readonly ObservedInstance[], ownId: string | undefined, now: number): Look {
    const { failureDetector, log, maxStalenessMs } = this.#options
    const others = rows.filter(({ id }) => id !== ownId)
    this.gate.observe(others)
    const stalenesses = new Set(others.map((one) => one.maxStalenessMs))
    this.#longestStalenessMs = Math.max(this.#longestStalenessMs, ...stalenesses)
    stalenesses.delete(maxStalenessMs)
    log.stalenesses(maxStalenessMs, stalenesses)
    const unresponsive = failureDetector.observe(others, now)
    return { unresponsive, doStalenessesDiffer: stalenesses.size > 0 }
  }

  /**
   * How long a lease can last that is older than a commit, in milliseconds on the clock of this
   * instance: by the longest MAX_STALENESS_MS of the given instances and of all that this one has
   * observed.
   */
  failureTimeoutMs(instances: readonly { readonly maxStalenessMs: number }[] = []): number {
    const all = instances.map(({ maxStalenessMs }) => maxStalenessMs)
    return this.#options.failureDetector.failureTimeoutMs(
      Math.max(this.#longestStalenessMs, ...all),
    )
  }
}
