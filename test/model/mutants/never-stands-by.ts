import type { Steps } from '../../../src/freshness/coroutine.ts'
import { Follower } from '../../../src/freshness/follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** An instance registers beside instances with another MAX_STALENESS_MS. */
class NeverStandsBy extends Follower {
  protected override *detectFailures(ownId: string | undefined): Steps<boolean> {
    yield* super.detectFailures(ownId)
    return false
  }
}

export const neverStandsBy: Protocol = {
  ...shipped,
  follower: (options) => new NeverStandsBy(options),
}
