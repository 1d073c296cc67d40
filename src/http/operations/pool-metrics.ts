import { Gauge, type Registry } from 'prom-client'
import { registerGauges } from './metric-definition.ts'

const definitions = [
  {
    name: 'aeon_keys_database_connections',
    formerName: 'aeon_keys_pool_connections',
    help: 'Open database connections',
    field: 'totalCount',
  },
  {
    name: 'aeon_keys_database_connections_idle',
    formerName: 'aeon_keys_pool_idle',
    help: 'Idle database connections',
    field: 'idleCount',
  },
  {
    name: 'aeon_keys_database_waiting',
    formerName: 'aeon_keys_pool_waiting',
    help: 'Requests that wait for a database connection',
    field: 'waitingCount',
  },
] as const

type PoolFigures = Readonly<Record<(typeof definitions)[number]['field'], number>>

/** The figures of each pool of database connections, by the name of the pool. */
export type FiguresOfPools = Readonly<Record<string, PoolFigures>>

/**
 * Registers a gauge with the label `pool` for each figure; the former name gives the sum of the
 * pools.
 */
export function registerPoolMetrics(registry: Registry, pools: FiguresOfPools): void {
  for (const { name, formerName, help, field } of definitions) {
    new Gauge({
      name,
      help: `${help}, by pool.`,
      labelNames: ['pool'],
      registers: [registry],
      collect() {
        for (const [pool, use] of Object.entries(pools)) this.set({ pool }, use[field])
      },
    })
    registerGauges(registry, [
      {
        name: formerName,
        help: `Former name of ${name}, as the sum of the pools.`,
        value: () => Object.values(pools).reduce((sum, use) => sum + use[field], 0),
      },
    ])
  }
}
