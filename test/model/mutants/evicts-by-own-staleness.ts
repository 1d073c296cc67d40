import { FailureDetector } from '../../../src/freshness/failure-detector.ts'
import { Follower } from '../../../src/freshness/follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** An instance is evicted after the failure timeout of its observer, not after its own. */
class EvictsByOwnStaleness extends FailureDetector {
  maxStalenessMs = 0

  override failureTimeoutMs(): number {
    return super.failureTimeoutMs(this.maxStalenessMs)
  }
}

export const evictsByOwnStaleness: Protocol = {
  ...shipped,
  follower(options) {
    const failureDetector = new EvictsByOwnStaleness()
    failureDetector.maxStalenessMs = options.timing.maxStalenessMs
    return new Follower({ ...options, failureDetector })
  },
}
