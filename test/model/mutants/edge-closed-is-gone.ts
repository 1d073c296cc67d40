import { AttachedEdge, type EdgeRules } from '../../../src/freshness/attached-edge.ts'
import { EdgeStreams } from '../../../src/freshness/edge-streams.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A closed stream counts as the end of the edge. */
class EdgeClosedIsGone extends AttachedEdge {
  override closed(): void {
    this.gone()
  }
}

class Streams extends EdgeStreams {
  protected override newEdge(...parts: ConstructorParameters<typeof AttachedEdge>): AttachedEdge {
    return new EdgeClosedIsGone(...parts)
  }
}

export const edgeClosedIsGone: Protocol = {
  ...shipped,
  edgeStreams: (rules: EdgeRules) => new Streams(rules),
}
