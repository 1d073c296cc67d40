import { Gauge, type Registry } from 'prom-client'
import type { OperationsDeps } from '../deps.ts'
import { registerGauges } from './metric-definition.ts'

/** The state of the cache, the queues and the buffers. */
export function registerResourceMetrics(registry: Registry, deps: OperationsDeps): void {
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

function registerExpiringKeys(registry: Registry, deps: OperationsDeps): void {
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
