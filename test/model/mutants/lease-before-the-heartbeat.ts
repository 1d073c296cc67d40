import type { Steps } from '../../../src/freshness/coroutine.ts'
import { Follower } from '../../../src/freshness/follower.ts'
import type { SyncCycle } from '../../../src/freshness/freshness.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** The lease begins when the acknowledgement is sent, not when its commit is confirmed. */
class LeaseBeforeTheHeartbeat extends Follower {
  protected override *acknowledge(cycle: SyncCycle, revision: number): Steps<boolean> {
    this.options.freshness.confirmed(cycle)
    return yield* super.acknowledge(cycle, revision)
  }
}

export const leaseBeforeTheHeartbeat: Protocol = {
  ...shipped,
  follower: (options) => new LeaseBeforeTheHeartbeat(options),
}
