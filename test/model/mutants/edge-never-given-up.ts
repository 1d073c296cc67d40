import { AttachedEdge, type EdgeRules } from '../../../src/freshness/attached-edge.ts'
import { EdgeStreams } from '../../../src/freshness/edge-streams.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** An edge that beats and confirms nothing is granted one lease after another. */
class NeverGivenUp extends AttachedEdge {
  override get unconfirmedSince(): undefined {
    return undefined
  }
}

class Streams extends EdgeStreams {
  protected override newEdge(...parts: ConstructorParameters<typeof AttachedEdge>): AttachedEdge {
    return new NeverGivenUp(...parts)
  }
}

export const edgeNeverGivenUp: Protocol = {
  ...shipped,
  edgeStreams: (rules: EdgeRules) => new Streams(rules),
}
