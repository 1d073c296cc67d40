import type { Moment } from './cache/lease.ts'

/** The clocks of this process. */
export function realMoment(): Moment {
  return { monotonic: performance.now(), wall: Date.now() }
}
