import type { Steps } from '../../../src/freshness/coroutine.ts'
import { Follower } from '../../../src/freshness/follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** An instance deletes its row while its edges may still answer. */
class NotReleased extends Follower {
  protected override *releaseEdges(): Steps<void> {}
}

export const edgesNotReleased: Protocol = {
  ...shipped,
  follower: (options) => new NotReleased(options),
}
