import { Counter, type Registry } from 'prom-client'
import { type ConnectionLimits, closingReasons } from '../connection-limits.ts'
import type { Pacing } from '../pacing/pacing.ts'
import { registerCounters, registerGauges } from './metric-definition.ts'

/**
 * The open connections of clients, those that were closed because of a bound, and answers that had
 * to wait.
 */
export function registerConnectionMetrics(
  registry: Registry,
  limits: ConnectionLimits,
  pacing: Pacing,
): void {
  registerCounters(registry, [
    {
      name: 'aeon_keys_http_answers_delayed_total',
      help: 'Errors and documents that were sent later because their account or address had very many of them.',
      value: () => pacing.delayed,
    },
  ])
  registerGauges(registry, [
    {
      name: 'aeon_keys_http_connections',
      help: 'Open connections of clients.',
      value: () => limits.open,
    },
  ])
  new Counter({
    name: 'aeon_keys_http_connections_closed_total',
    help: 'Connections closed because of CONNECTIONS_MAX or CONNECTIONS_PER_ADDRESS_MAX. silent and idle: to make room for others. address_limit and limit: new connections that were refused.',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      this.reset()
      for (const reason of closingReasons) this.inc({ reason }, limits.closed[reason])
    },
  })
}
