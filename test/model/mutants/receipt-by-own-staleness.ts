import { Follower } from '../../../src/freshness/follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/**
 * A receipt is complete after the failure timeout of its evaluator, whatever leases others may
 * hold.
 */
class ReceiptByOwnStaleness extends Follower {
  override failureTimeoutMs(): number {
    const { failureDetector, timing } = this.options
    return failureDetector.failureTimeoutMs(timing.maxStalenessMs)
  }
}

export const receiptByOwnStaleness: Protocol = {
  ...shipped,
  follower: (options) => new ReceiptByOwnStaleness(options),
}
