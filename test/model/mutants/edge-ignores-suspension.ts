import { Edge } from '../../../src/domain/edge/edge.ts'
import type { EpochSubject } from '../../../src/domain/protocol/invalidation-epochs.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** An edge goes on answering by its lease while its caller is judged anew. */
class IgnoresSuspension<Facts extends EpochSubject> extends Edge<Facts> {
  override suspended(sequence: number): number {
    return sequence
  }
}

export const edgeIgnoresSuspension: Protocol = {
  ...shipped,
  edge: (maxEntries) => new IgnoresSuspension(maxEntries),
}
