/** The times of the protocol, in milliseconds, all from MAX_STALENESS_MS. */
export interface Timing {
  /** No verdict rests on anything older than this. */
  readonly maxStalenessMs: number
  /** How long a lease lasts on the clocks of its holder. */
  readonly leaseMs: number
  /** How long an observer waits on its own clock for a sign of life. */
  readonly failureTimeoutMs: number
  /** How long one round may take before its connection is destroyed. */
  readonly cycleDeadlineMs: number
}

/**
 * The lease is a tenth shorter than the staleness, and the watch a quarter longer than the lease: so
 * both hold for clocks that run within 10 % of true time. A holder whose clock is a tenth slow ends
 * its lease after M / 1.0 of true time; an observer whose clock is a tenth fast ends its watch after
 * 1.25 x 0.9 M / 1.1 > M of true time.
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
