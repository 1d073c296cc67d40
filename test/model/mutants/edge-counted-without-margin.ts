import { AttachedEdge, type EdgeRules } from '../../../src/freshness/attached-edge.ts'
import { EdgeStreams } from '../../../src/freshness/edge-streams.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** An edge is counted for as long as its lease, on the clock of the instance. */
class EdgeCountedWithoutMargin extends AttachedEdge {
  #beganAt = Number.NEGATIVE_INFINITY

  override beat(beat: number, atMostMs?: number): void {
    super.beat(beat, atMostMs)
    this.#beganAt = super.countedUntil
  }

  override get isCounted(): boolean {
    return this.rules.now().monotonic < this.#beganAt - this.rules.leaseMs * (1.1 / 0.9 - 1)
  }
}

class Streams extends EdgeStreams {
  protected override newEdge(...parts: ConstructorParameters<typeof AttachedEdge>): AttachedEdge {
    return new EdgeCountedWithoutMargin(...parts)
  }
}

export const edgeCountedWithoutMargin: Protocol = {
  ...shipped,
  edgeStreams: (rules: EdgeRules) => new Streams(rules),
}
