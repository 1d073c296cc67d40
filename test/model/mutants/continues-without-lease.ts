import { Follower } from '../../../src/freshness/follower.ts'
import type { HistoryChanged } from '../../../src/freshness/freshness.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** Another history is trusted by an instance that may have been evicted in the one before. */
class ContinuesWithoutLease extends Follower {
  protected override continues({ holdsPosition }: HistoryChanged): boolean {
    return holdsPosition
  }
}

export const continuesWithoutLease: Protocol = {
  ...shipped,
  follower: (options) => new ContinuesWithoutLease(options),
}
