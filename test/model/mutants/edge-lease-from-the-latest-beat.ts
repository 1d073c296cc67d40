import { Edge } from '../../../src/domain/edge/edge.ts'
import type { EpochSubject } from '../../../src/domain/protocol/invalidation-epochs.ts'
import type { Moment } from '../../../src/domain/protocol/lease.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A grant counts from the latest beat, whichever it answers. */
class FromTheLatestBeat<Facts extends EpochSubject> extends Edge<Facts> {
  #latest = 0

  override beat(now: Moment): number {
    this.#latest = super.beat(now)
    return this.#latest
  }

  override granted(_beat: number, leaseMs: number): void {
    super.granted(this.#latest, leaseMs)
  }
}

export const edgeLeaseFromTheLatestBeat: Protocol = {
  ...shipped,
  edge: (maxEntries) => new FromTheLatestBeat(maxEntries),
}
