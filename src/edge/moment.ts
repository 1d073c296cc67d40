import type { Moment } from '../domain/protocol/lease.ts'

/** Both clocks of this process. */
export function moment(): Moment {
  return { monotonic: performance.now(), wall: Date.now() }
}
