import { EdgeStreams } from '../../../src/freshness/edge-streams.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** What edges confirm before the tag keys are read again counts for their revision. */
class AcknowledgesEarly extends EdgeStreams {
  override applied(revision: number): void {
    super.applied(revision)
  }
}

export const tagKeysAcknowledgedEarly: Protocol = {
  ...shipped,
  edgeStreams: (rules) => new AcknowledgesEarly(rules),
}
