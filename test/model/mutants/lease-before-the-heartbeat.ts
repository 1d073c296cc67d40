import type { Round } from '../../../src/freshness/freshness.ts'
import { Follower } from '../follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** The lease moves when the acknowledgement is sent, not when its commit is confirmed. */
class LeaseBeforeTheBeat extends Follower {
  protected override acknowledge(round: Round, revision: number): void {
    this.confirm(round)
    super.acknowledge(round, revision)
  }
}

export const leaseBeforeTheBeat: Protocol = {
  ...shipped,
  follower: (site) => new LeaseBeforeTheBeat(site),
}
