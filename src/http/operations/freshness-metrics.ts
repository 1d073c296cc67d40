import type { Registry } from 'prom-client'
import type { OperationsDeps } from '../deps.ts'
import { registerCounters, registerGauges } from './metric-definition.ts'

/** The state of the lease and of the change feed. */
export function registerFreshnessMetrics(registry: Registry, deps: OperationsDeps): void {
  registerGauges(registry, [
    {
      name: 'aeon_keys_lease_remaining_seconds',
      help: 'Seconds until the lease expires. 0: the lease has expired.',
      value: () => deps.cache.leaseRemainingMs() / 1000,
      aggregator: 'min',
    },
    {
      name: 'aeon_keys_leases_expired',
      formerName: 'aeon_keys_cache_silent',
      help: 'Processes whose lease has expired. In these processes every verification reads the database.',
      value: () => Number(deps.cache.isLeaseExpired()),
    },
    {
      name: 'aeon_keys_revision_applied',
      help: 'Latest revision whose changes are applied.',
      value: () => deps.freshness.applied,
      aggregator: 'min',
    },
    {
      name: 'aeon_keys_feed_lag_seconds',
      help: 'Seconds since the start of the last confirmed sync cycle of the change feed.',
      value: () => deps.feed.lagMs / 1000,
      aggregator: 'max',
    },
  ])
  registerCounters(registry, [
    {
      name: 'aeon_keys_sync_cycles_total',
      formerName: 'aeon_keys_feed_rounds_total',
      help: 'Sync cycles of the change feed that were confirmed.',
      value: () => deps.feed.cycles,
    },
    {
      name: 'aeon_keys_connections_refused_total',
      help: 'New database connections that reached a server of another history than this instance follows.',
      value: () => deps.feed.refusedConnections,
    },
  ])
}
