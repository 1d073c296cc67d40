import { Gauge, type Registry } from 'prom-client'
import type { Deps } from '../deps.ts'
import { registerCounters, registerGauges } from './metric-definition.ts'

/** The state of the lease, the change feed, the queues and the buffers. */
export function registerResourceMetrics(registry: Registry, deps: Deps): void {
  registerFreshness(registry, deps)
  registerExpiringKeys(registry, deps)
  registerGauges(registry, [
    {
      name: 'aeon_keys_cache_entries',
      help: 'Credentials in the cache.',
      value: () => deps.cache.size,
    },
    {
      name: 'aeon_keys_cache_bytes',
      help: 'Estimated size in bytes of the credentials in the cache.',
      value: () => deps.cache.bytes,
    },
    {
      name: 'aeon_keys_argon2_running',
      help: 'Argon2 hashes in progress.',
      value: () => deps.hasher.queue.running,
    },
    {
      name: 'aeon_keys_argon2_waiting',
      help: 'Argon2 hashes waiting in the queue.',
      value: () => deps.hasher.queue.waiting,
    },
    {
      name: 'aeon_keys_use_records_pending',
      help: 'Keys with uses that are not written to the database yet.',
      value: () => deps.uses.size,
    },
    {
      name: 'aeon_keys_denials_pending',
      help: 'Denials of authentic tokens, by key, reason and hour, that are not written to the database yet.',
      value: () => deps.denials.size,
    },
  ])
}

function registerFreshness(registry: Registry, deps: Deps): void {
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

function registerExpiringKeys(registry: Registry, deps: Deps): void {
  new Gauge({
    name: 'aeon_keys_expiring',
    help: 'Keys of all accounts that are not revoked and expire within this number of days. Counted twice a minute.',
    labelNames: ['days'],
    aggregator: 'max',
    registers: [registry],
    collect() {
      for (const [days, count] of deps.expiring.within) this.set({ days }, count)
    },
  })
}
