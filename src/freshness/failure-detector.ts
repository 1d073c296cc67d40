import type { ObservedInstance } from '../domain/protocol/observed-instance.ts'
import { timingOf } from './timing.ts'

/** A heartbeat of an instance. */
export interface Heartbeat {
  readonly id: string
  readonly heartbeat: number
}

/**
 * An instance whose lease has ended: its row may be deleted if the row still shows this heartbeat.
 */
export type UnresponsiveInstance = Heartbeat

/**
 * Finds the instances whose row has shown the same heartbeat for the failure timeout, on the
 * observer's clock, from the *response* to the read that first showed the heartbeat. The heartbeat
 * was committed before that response, and the lease that it confirms began before that; so the
 * lease has ended, however slow the clock of its holder runs.
 */
export class FailureDetector {
  #seen = new Map<string, { readonly heartbeat: number; readonly since: number }>()

  /**
   * Takes a read of the whole table, whose response came at `respondedAt` on the monotonic clock.
   */
  observe(rows: readonly ObservedInstance[], respondedAt: number): UnresponsiveInstance[] {
    const before = this.#seen
    this.#seen = new Map()
    return rows.filter(({ id, heartbeat, maxStalenessMs }) => {
      const known = before.get(id)
      const since = known?.heartbeat === heartbeat ? known.since : respondedAt
      this.#seen.set(id, { heartbeat, since })
      return respondedAt - since >= this.failureTimeoutMs(maxStalenessMs)
    })
  }

  /**
   * How long ago a read first showed this heartbeat of an instance, in milliseconds; 0 if none has
   * yet, and undefined for an instance that no read has shown.
   */
  heartbeatAgeMs({ id, heartbeat }: Heartbeat, now: number): number | undefined {
    const seen = this.#seen.get(id)
    if (seen === undefined) return undefined
    return seen.heartbeat === heartbeat ? now - seen.since : 0
  }

  /**
   * What was observed is of another connection or another history, and so of another server
   * perhaps.
   */
  reset(): void {
    this.#seen.clear()
  }

  /** How long the heartbeat of an instance with this MAX_STALENESS_MS must stay the same. */
  failureTimeoutMs(maxStalenessMs: number): number {
    return timingOf(maxStalenessMs).failureTimeoutMs
  }
}
