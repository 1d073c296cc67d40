import type { Moment } from '../freshness/lease.ts'

/** The clocks of this process. */
export function realMoment(): Moment {
  return { monotonic: performance.now(), wall: Date.now() }
}
