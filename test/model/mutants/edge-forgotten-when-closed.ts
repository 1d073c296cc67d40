import { AttachedEdge, type EdgeRules } from '../../../src/freshness/attached-edge.ts'
import { EdgeStreams } from '../../../src/freshness/edge-streams.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** What comes after its stream has closed, a lost edge need not confirm. */
class EdgeForgottenWhenClosed extends AttachedEdge {
  override invalidate(changes: Parameters<AttachedEdge['invalidate']>[0]): void {
    if (!this.isClosed) super.invalidate(changes)
  }
}

class Streams extends EdgeStreams {
  protected override newEdge(...parts: ConstructorParameters<typeof AttachedEdge>): AttachedEdge {
    return new EdgeForgottenWhenClosed(...parts)
  }
}

export const edgeForgottenWhenClosed: Protocol = {
  ...shipped,
  edgeStreams: (rules: EdgeRules) => new Streams(rules),
}
