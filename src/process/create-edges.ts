import type { Moment } from '../domain/protocol/lease.ts'
import { EdgeStreams } from '../freshness/edge-streams.ts'
import type { Config } from '../settings/settings-schema.ts'
import { Edges } from '../verification/edges/edges.ts'
import type { EdgesDeps } from '../verification/edges/edges-deps.ts'

/** What the protocol knows of the edges of this process; undefined: it offers no streams. */
export function createStreams(
  config: Config,
  now: () => Moment,
  leaseRemaining: (now: Moment) => number,
): EdgeStreams | undefined {
  if (config.EDGES_MAX === 0) return undefined
  return new EdgeStreams({ leaseMs: config.EDGE_LEASE_MS, now, leaseRemaining })
}

/** The edges that attach to this process. `trigger` asks for a sync cycle. */
export function createEdges(
  config: Config,
  deps: Omit<EdgesDeps, 'leaseMs'>,
  streams: EdgeStreams,
  trigger: () => void,
): Edges {
  return new Edges({
    deps: { ...deps, leaseMs: config.EDGE_LEASE_MS },
    maxEdges: config.EDGES_MAX,
    streams,
    trigger,
  })
}
