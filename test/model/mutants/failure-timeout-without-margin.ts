import { FailureDetector } from '../../../src/freshness/failure-detector.ts'
import { timingOf } from '../../../src/freshness/timing.ts'
import { type Protocol, shipped } from '../protocol.ts'

/**
 * A failure timeout as long as the lease that it waits for: a fast clock cuts the timeout short.
 */
class WithoutMargin extends FailureDetector {
  override failureTimeoutMs(maxStalenessMs: number): number {
    return timingOf(maxStalenessMs).leaseMs
  }
}

export const failureTimeoutWithoutMargin: Protocol = {
  ...shipped,
  failureDetector: () => new WithoutMargin(),
}
