import type { Reading } from '../../../src/domain/protocol/reading.ts'
import type { SyncCycle } from '../../../src/freshness/freshness.ts'
import { Follower } from '../follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** t0 is taken when the answer comes, not before the statement is sent. */
class LeaseFromTheAnswer extends Follower {
  protected override received(round: SyncCycle, reading: Reading): void {
    super.received({ ...round, sentAt: this.node.now() }, reading)
  }
}

export const leaseFromTheAnswer: Protocol = {
  ...shipped,
  follower: (node) => new LeaseFromTheAnswer(node),
}
