import type { Moment } from '../domain/protocol/lease.ts'

/** The clocks of this process. */
export function realMoment(): Moment {
  return { monotonic: performance.now(), wall: Date.now() }
}
