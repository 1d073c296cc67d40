import { AttachedEdge, type EdgeRules } from '../../../src/freshness/attached-edge.ts'
import { EdgeStreams } from '../../../src/freshness/edge-streams.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** An edge is judged when it attaches, and not when a change names its own key. */
class NotSuspended extends AttachedEdge {
  #isJudged = false

  override suspend(): void {
    if (!this.#isJudged) super.suspend()
    this.#isJudged = true
  }
}

class Streams extends EdgeStreams {
  protected override newEdge(...parts: ConstructorParameters<typeof AttachedEdge>): AttachedEdge {
    return new NotSuspended(...parts)
  }
}

export const edgeNotSuspended: Protocol = {
  ...shipped,
  edgeStreams: (rules: EdgeRules) => new Streams(rules),
}
