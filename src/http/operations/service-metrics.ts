import type { Registry } from 'prom-client'
import type { OperationsDeps } from '../deps.ts'
import { registerEdgeMetrics } from './edge-metrics.ts'
import { registerFreshnessMetrics } from './freshness-metrics.ts'
import { type FiguresOfPools, registerPoolMetrics } from './pool-metrics.ts'
import { registerResourceMetrics } from './resource-metrics.ts'
import { registerVerificationMetrics } from './verification-metrics.ts'

/** The metrics of a process with a database. */
export function registerServiceMetrics(
  registry: Registry,
  deps: OperationsDeps,
  pools: FiguresOfPools,
): void {
  registerVerificationMetrics(registry, deps)
  registerFreshnessMetrics(registry, deps)
  if (deps.edges !== undefined) registerEdgeMetrics(registry, deps.edges)
  registerResourceMetrics(registry, deps)
  registerPoolMetrics(registry, pools)
}
