import { Counter, type Registry } from 'prom-client'
import type { OperationsDeps } from '../deps.ts'
import { registerCounters } from './metric-definition.ts'
import { registerVerdictCounter } from './verdict-counter.ts'

/**
 * Counters of verifications. The hot path adds to plain numbers, which become metrics on request.
 */
export function registerVerificationMetrics(registry: Registry, deps: OperationsDeps): void {
  const { counters } = deps
  registerVerdictCounter(registry, counters.verdicts)
  new Counter({
    name: 'aeon_keys_not_found_total',
    help: 'Verdicts not_found by cause, which callers do not learn.',
    labelNames: ['cause'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [cause, count] of Object.entries(counters.notFound)) this.inc({ cause }, count)
    },
  })
  registerCounters(registry, [
    {
      name: 'aeon_keys_cache_hits_total',
      help: 'Verifications answered from memory.',
      value: () => counters.cacheHits,
    },
    {
      name: 'aeon_keys_cache_stale_total',
      help: 'Verifications that found a stale cache entry.',
      value: () => counters.cacheStale,
    },
    {
      name: 'aeon_keys_cache_misses_total',
      help: 'Verifications that found no cache entry, including forged tokens.',
      value: () => counters.cacheMisses,
    },
    {
      name: 'aeon_keys_cache_evictions_total',
      help: 'Cache entries evicted because the cache was full.',
      value: () => deps.cache.evictions,
    },
    {
      name: 'aeon_keys_stale_loads_total',
      formerName: 'aeon_keys_fills_fenced_total',
      help: 'Reads that were not cached, because a change invalidated the read or no lease was held.',
      value: () => deps.cache.staleLoads,
    },
    {
      name: 'aeon_keys_credential_reads_total',
      help: 'Database statements sent to read credentials.',
      value: () => counters.credentialReads,
    },
    {
      name: 'aeon_keys_argon2_total',
      help: 'Argon2 hashes computed.',
      value: () => deps.hasher.queue.completed,
    },
    {
      name: 'aeon_keys_denials_dropped_total',
      help: 'Denials of authentic tokens that were not recorded because too many awaited a flush.',
      value: () => deps.denials.dropped,
    },
    {
      name: 'aeon_keys_rehashes_total',
      help: 'Argon2 hashes renewed because HASH_PROFILE was raised.',
      value: () => counters.rehashes,
    },
  ])
}
