import type { Reading } from '../../../src/domain/protocol/reading.ts'
import type { Steps } from '../../../src/freshness/coroutine.ts'
import { Follower } from '../../../src/freshness/follower.ts'
import type { SyncCycle } from '../../../src/freshness/freshness.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** t0 is taken when the result comes, not before the statement is sent. */
class LeaseFromTheAnswer extends Follower {
  protected override *apply(cycle: SyncCycle, reading: Reading): Steps<boolean> {
    return yield* super.apply({ ...cycle, sentAt: this.now }, reading)
  }
}

export const leaseFromTheAnswer: Protocol = {
  ...shipped,
  follower: (options) => new LeaseFromTheAnswer(options),
}
