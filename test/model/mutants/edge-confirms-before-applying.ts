import { Edge } from '../../../src/domain/edge/edge.ts'
import type { Change } from '../../../src/domain/protocol/change.ts'
import type { EpochSubject } from '../../../src/domain/protocol/invalidation-epochs.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** An edge confirms at once, and applies with the next message. */
class ConfirmsBeforeApplying<Facts extends EpochSubject> extends Edge<Facts> {
  #pending: readonly Change[] = []

  override invalidated(sequence: number, changes: readonly Change[]): number {
    super.invalidated(sequence, this.#pending)
    this.#pending = changes
    return sequence
  }

  override granted(beat: number, leaseMs: number): void {
    super.invalidated(0, this.#pending)
    this.#pending = []
    super.granted(beat, leaseMs)
  }
}

export const edgeConfirmsBeforeApplying: Protocol = {
  ...shipped,
  edge: (maxEntries) => new ConfirmsBeforeApplying(maxEntries),
}
