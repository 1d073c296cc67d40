import { ReadRule } from '../../../src/freshness/read-rule.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A read without a lease is believed as it comes. */
class UnprovedReads extends ReadRule {
  override needsProof(): boolean {
    return false
  }

  override countsPlain(): boolean {
    return !this.options.holdsLease() || super.countsPlain()
  }
}

export const unprovedReads: Protocol = {
  ...shipped,
  readRule: (options) => new UnprovedReads(options),
}
