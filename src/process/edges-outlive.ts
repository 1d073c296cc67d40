import { countedMs } from '../freshness/attached-edge.ts'
import type { Config } from '../settings/settings-schema.ts'

/** How long after the end of a process one of its edges may still answer from memory. */
export function edgesOutliveMs({
  EDGES_MAX,
  EDGE_LEASE_MS,
}: Pick<Config, 'EDGES_MAX' | 'EDGE_LEASE_MS'>): number {
  return EDGES_MAX === 0 ? 0 : countedMs(EDGE_LEASE_MS)
}
