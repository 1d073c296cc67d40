import type { Moment } from '../../../src/domain/protocol/lease.ts'

/** Both clocks of this process. */
export function moment(): Moment {
  return { monotonic: performance.now(), wall: Date.now() }
}
