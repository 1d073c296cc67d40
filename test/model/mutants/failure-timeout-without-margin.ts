import { timingOf } from '../../../src/freshness/timing.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A watch as long as the lease that it waits for: a fast clock cuts it short. */
export const failureTimeoutWithoutMargin: Protocol = {
  ...shipped,
  timing: (maxStalenessMs) => {
    const timing = timingOf(maxStalenessMs)
    return { ...timing, failureTimeoutMs: timing.leaseMs }
  },
}
