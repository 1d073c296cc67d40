import { EdgeStreams } from '../../../src/freshness/edge-streams.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** Edges are told of a change of the tag keys before they are read again, and not after that. */
class TellsEarly extends EdgeStreams {
  protected override tellOfTagKeys(): void {}
}

export const edgesToldOfTagKeysEarly: Protocol = {
  ...shipped,
  edgeStreams: (rules) => new TellsEarly(rules),
}
