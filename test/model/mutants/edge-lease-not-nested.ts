import { EdgeStreams } from '../../../src/freshness/edge-streams.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** The lease of an edge may outlast that of its instance. */
export const edgeLeaseNotNested: Protocol = {
  ...shipped,
  edgeStreams: (rules) =>
    new EdgeStreams({
      ...rules,
      leaseRemaining: (now) => (rules.leaseRemaining(now) > 0 ? Number.POSITIVE_INFINITY : 0),
    }),
}
