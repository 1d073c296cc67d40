import { EdgeStreams } from '../../../src/freshness/edge-streams.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** An instance acknowledges what it has applied, whatever its edges have. */
class NotWaitedFor extends EdgeStreams {
  override acknowledgeable(applied: number): number {
    return applied
  }
}

export const edgesNotWaitedFor: Protocol = {
  ...shipped,
  edgeStreams: (rules) => new NotWaitedFor(rules),
}
