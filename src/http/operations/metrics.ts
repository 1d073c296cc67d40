import {
  type Aggregator,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  Registry,
} from 'prom-client'
import { Type } from 'typebox'
import type { Deps } from '../../deps.ts'
import { outcomes } from '../../verification/counters.ts'
import type { App } from '../app-type.ts'

/** What the pool of database connections is doing. */
export interface PoolUse {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
}

/** Given the registry of this process, gathers the metrics of all that share its port. */
export type CollectMetrics = (own: Registry) => () => Promise<string>

/** Serves `/metrics` in the Prometheus text format, and times every request by route. */
export function metricsRoute(
  app: App,
  deps: Deps,
  pool: PoolUse,
  collector: CollectMetrics = (own) => () => own.metrics(),
): void {
  const registry = new Registry()
  const collect = collector(registry)
  collectDefaultMetrics({ register: registry })
  countVerification(registry, deps)
  gaugeExpiringKeys(registry, deps)
  gaugeResources(registry, deps, pool)
  timeRequests(app, registry)

  app.get(
    '/metrics',
    {
      config: { isFrequent: true },
      schema: {
        operationId: 'getMetrics',
        tags: ['Operations'],
        summary: 'Get metrics in the Prometheus text format',
        security: [],
        response: {
          200: {
            description: 'The metrics of all processes of the instance.',
            content: { 'text/plain': { schema: Type.String() } },
          },
        },
      },
    },
    async (_request, reply) => {
      reply.type(registry.contentType)
      return collect()
    },
  )
}

/** The tallies are plain numbers; they become counters when somebody looks. */
function countVerification(registry: Registry, deps: Deps): void {
  const { counters } = deps
  new Counter({
    name: 'aeon_keys_verdicts_total',
    help: 'Verdicts by outcome, including the verdicts on the callers of this API.',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset()
      for (const outcome of outcomes) this.inc({ outcome }, counters.verdicts[outcome])
    },
  })
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
  const plain = [
    ['aeon_keys_cache_hits_total', 'Verifications answered from memory.', () => counters.cacheHits],
    [
      'aeon_keys_cache_stale_total',
      'Verifications that found a stale cache entry.',
      () => counters.cacheStale,
    ],
    [
      'aeon_keys_fills_fenced_total',
      'Reads that were not cached, because a change invalidated the read or no lease was held.',
      () => deps.cache.fenced,
    ],
    [
      'aeon_keys_feed_rounds_total',
      'Sync cycles of the change feed that were confirmed.',
      () => deps.feed.rounds,
    ],
    [
      'aeon_keys_connections_refused_total',
      'New database connections that reached a server of another history than this instance follows.',
      () => deps.feed.refusedConnections,
    ],
    [
      'aeon_keys_cache_misses_total',
      'Verifications that found no cache entry, including forged tokens.',
      () => counters.cacheMisses,
    ],
    [
      'aeon_keys_cache_evictions_total',
      'Cache entries evicted because the cache was full.',
      () => deps.cache.evictions,
    ],
    [
      'aeon_keys_credential_reads_total',
      'Database statements sent to read credentials.',
      () => counters.credentialReads,
    ],
    ['aeon_keys_argon2_total', 'Argon2 hashes computed.', () => deps.hasher.queue.completed],
    [
      'aeon_keys_rehashes_total',
      'Argon2 hashes renewed because HASH_PROFILE was raised.',
      () => counters.rehashes,
    ],
  ] as const
  for (const [name, help, value] of plain) {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset()
        this.inc(value())
      },
    })
  }
}

function gaugeExpiringKeys(registry: Registry, deps: Deps): void {
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

function gaugeResources(registry: Registry, deps: Deps, pool: PoolUse): void {
  const gauges: readonly (readonly [string, string, () => number, Aggregator?])[] = [
    ['aeon_keys_cache_entries', 'Credentials in the cache.', () => deps.cache.size],
    [
      'aeon_keys_lease_remaining_seconds',
      'Seconds until the lease expires. 0: the lease has expired.',
      () => deps.cache.leaseRemainingMs() / 1000,
      'min',
    ],
    [
      'aeon_keys_cache_silent',
      'Processes whose lease has expired. In these processes every verification reads the database.',
      () => Number(deps.cache.isLeaseExpired()),
    ],
    [
      'aeon_keys_revision_applied',
      'Latest revision whose changes are applied.',
      () => deps.freshness.applied,
      'min',
    ],
    [
      'aeon_keys_feed_lag_seconds',
      'Seconds since the start of the last confirmed sync cycle of the change feed.',
      () => deps.feed.lagMs / 1000,
      'max',
    ],
    ['aeon_keys_argon2_running', 'Argon2 hashes in progress.', () => deps.hasher.queue.running],
    [
      'aeon_keys_argon2_waiting',
      'Argon2 hashes waiting in the queue.',
      () => deps.hasher.queue.waiting,
    ],
    [
      'aeon_keys_use_records_pending',
      'Keys with uses that are not written to the database yet.',
      () => deps.uses.size,
    ],
    [
      'aeon_keys_denials_pending',
      'Denials of authentic tokens, by key, reason and hour, that are not written to the database yet.',
      () => deps.denials.size,
    ],
    ['aeon_keys_pool_connections', 'Open database connections.', () => pool.totalCount],
    ['aeon_keys_pool_idle', 'Idle database connections.', () => pool.idleCount],
    [
      'aeon_keys_pool_waiting',
      'Requests that wait for a database connection.',
      () => pool.waitingCount,
    ],
  ]
  for (const [name, help, value, aggregator = 'sum'] of gauges) {
    new Gauge({
      name,
      help,
      aggregator,
      registers: [registry],
      collect() {
        this.set(value())
      },
    })
  }
}

function timeRequests(app: App, registry: Registry): void {
  const durations = new Histogram({
    name: 'aeon_keys_http_request_duration_seconds',
    help: 'Seconds from the request line to the end of the response, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    durations.observe(
      { method: request.method, route, status: reply.statusCode },
      reply.elapsedTime / 1000,
    )
    done()
  })
}
