import type { Steps } from '../../../src/freshness/coroutine.ts'
import { Follower } from '../../../src/freshness/follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/**
 * Whether another MAX_STALENESS_MS is there is looked at before the registration, and not after it.
 */
class LooksOnlyBeforeRegistering extends Follower {
  protected override *detectFailures(ownId: string | undefined): Steps<boolean> {
    const doDiffer = yield* super.detectFailures(ownId)
    return doDiffer && ownId === undefined
  }
}

export const looksOnlyBeforeRegistering: Protocol = {
  ...shipped,
  follower: (options) => new LooksOnlyBeforeRegistering(options),
}
