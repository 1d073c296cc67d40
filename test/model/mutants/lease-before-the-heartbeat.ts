import type { SyncCycle } from '../../../src/freshness/freshness.ts'
import { Follower } from '../follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** The lease moves when the acknowledgement is sent, not when its commit is confirmed. */
class LeaseBeforeTheHeartbeat extends Follower {
  protected override acknowledge(round: SyncCycle, revision: number): void {
    this.confirm(round)
    super.acknowledge(round, revision)
  }
}

export const leaseBeforeTheHeartbeat: Protocol = {
  ...shipped,
  follower: (node) => new LeaseBeforeTheHeartbeat(node),
}
