import { timingOf } from '../../../src/freshness/timing.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A lease as long as the staleness that it stands for: a slow clock stretches it. */
export const leaseWithoutMargin: Protocol = {
  ...shipped,
  timing: (maxStalenessMs) => ({ ...timingOf(maxStalenessMs), leaseMs: maxStalenessMs }),
}
