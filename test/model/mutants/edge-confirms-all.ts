import { AttachedEdge, type EdgeRules } from '../../../src/freshness/attached-edge.ts'
import { EdgeStreams } from '../../../src/freshness/edge-streams.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A confirmation confirms all that was sent until it came. */
class EdgeConfirmsAll extends AttachedEdge {
  override confirm(sequence: number): boolean {
    return super.confirm(Math.max(this.awaits, sequence)) || true
  }
}

class Streams extends EdgeStreams {
  protected override newEdge(...parts: ConstructorParameters<typeof AttachedEdge>): AttachedEdge {
    return new EdgeConfirmsAll(...parts)
  }
}

export const edgeConfirmsAll: Protocol = {
  ...shipped,
  edgeStreams: (rules: EdgeRules) => new Streams(rules),
}
