/** The times of the protocol, in milliseconds, all from MAX_STALENESS_MS. */
export interface Timing {
  /** M: no verdict rests on anything older than this. */
  readonly maxStalenessMs: number
  /** L: how long a lease lasts on the clocks of its holder. */
  readonly leaseMs: number
  /**
   * How long a heartbeat stays the same, on an observer's clock, before its lease has surely ended.
   */
  readonly failureTimeoutMs: number
  /** How long one statement of a sync cycle may take before its connection is destroyed. */
  readonly cycleDeadlineMs: number
}

/**
 * The lease is a tenth shorter than M, and the failure timeout a quarter longer than the lease: so
 * both hold for clocks that run within 10 % of true time. A holder whose clock is a tenth slow ends
 * its lease after 0.9 M / 0.9 = M of true time; an observer whose clock is a tenth fast ends its
 * failure timeout after 1.25 x 0.9 M / 1.1 > M of true time.
 */
export function timingOf(maxStalenessMs: number): Timing {
  const leaseMs = 0.9 * maxStalenessMs
  return {
    maxStalenessMs,
    leaseMs,
    failureTimeoutMs: 1.25 * leaseMs,
    cycleDeadlineMs: maxStalenessMs / 6,
  }
}
