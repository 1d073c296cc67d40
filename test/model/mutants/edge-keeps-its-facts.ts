import { Edge } from '../../../src/domain/edge/edge.ts'
import type { EpochSubject } from '../../../src/domain/protocol/invalidation-epochs.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** An edge that attaches anew keeps what an earlier stream told it. */
class KeepsItsFacts<Facts extends EpochSubject> extends Edge<Facts> {
  override attached(): void {}
}

export const edgeKeepsItsFacts: Protocol = {
  ...shipped,
  edge: (maxEntries) => new KeepsItsFacts(maxEntries),
}
