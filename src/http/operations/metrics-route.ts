import { collectDefaultMetrics, Registry } from 'prom-client'
import { Type } from 'typebox'
import type { App } from '../app-type.ts'
import type { ConnectionLimits } from '../connection-limits.ts'
import type { Pacing } from '../pacing/pacing.ts'
import { notServed } from '../responses.ts'
import { registerConnectionMetrics } from './connection-metrics.ts'
import { timeRequests } from './request-durations.ts'
import { shareResults } from './share-results.ts'

/**
 * Given the registry of this process, returns what gathers the metrics of all processes of its
 * port.
 */
export type CollectMetrics = (own: Registry) => () => Promise<string>

export interface MeasuredResources {
  readonly connections: ConnectionLimits
  readonly pacing: Pacing
}

export interface MetricsOptions {
  readonly collectMetrics?: CollectMetrics
  /** Metrics are collected at most once within so many milliseconds; absent: 1,000. */
  readonly metricsIntervalMs?: number
}

/**
 * Serves `/metrics` in the Prometheus text format, and times every request by route. `register`
 * adds what only the service has, or only an edge.
 */
export function metricsRoute(
  app: App,
  register: (registry: Registry) => void,
  { connections, pacing }: MeasuredResources,
  { collectMetrics = (own) => () => own.metrics(), metricsIntervalMs = 1_000 }: MetricsOptions,
): void {
  const registry = new Registry()
  // Collecting takes 4 ms, and anybody may request the metrics.
  const collect = shareResults(metricsIntervalMs, collectMetrics(registry))
  collectDefaultMetrics({ register: registry })
  register(registry)
  registerConnectionMetrics(registry, connections, pacing)
  timeRequests(app, registry)

  app.get(
    '/metrics',
    {
      config: { isFrequent: true },
      schema: {
        operationId: 'getMetrics',
        tags: ['Operations'],
        summary: 'Get metrics in the Prometheus text format',
        description: 'docs/operations.md describes every metric.',
        security: [],
        response: {
          200: {
            description: 'The metrics of all processes of the instance.',
            content: { 'text/plain': { schema: Type.String() } },
          },
          404: notServed,
        },
      },
    },
    async (_request, reply) => {
      reply.type(registry.contentType)
      return collect()
    },
  )
}
