import { ReadBasis } from '../../../src/freshness/read-basis.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A read without a lease is believed as it comes. */
class UnprovedReads extends ReadBasis {
  override needsProof(): boolean {
    return false
  }

  override countsPlain(): boolean {
    return !this.options.holdsLease() || super.countsPlain()
  }
}

export const unprovedReads: Protocol = {
  ...shipped,
  readBasis: (options) => new UnprovedReads(options),
}
