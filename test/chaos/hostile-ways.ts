import { harshFaults } from '../hostile/fault-plan.ts'
import { type HostileProxy, startHostileProxy } from '../hostile/hostile-proxy.ts'
import type { ChaosDatabase, DatabaseAddress } from './database.ts'

/** Ways to a database, each through a proxy that fails statements, commits and connections. */
export class HostileWays implements Pick<ChaosDatabase, 'connection' | 'openWay'> {
  readonly #database: Pick<ChaosDatabase, 'connection' | 'openWay'>
  readonly #lots: () => number
  readonly #proxies: HostileProxy[] = []

  constructor(database: Pick<ChaosDatabase, 'connection' | 'openWay'>, lots: () => number) {
    this.#database = database
    this.#lots = lots
  }

  get connection(): ChaosDatabase['connection'] {
    return this.#database.connection
  }

  /** How often each kind of fault was injected. */
  get counts(): Readonly<Record<string, number>> {
    const sums: Record<string, number> = {}
    for (const { counts } of this.#proxies) {
      for (const [kind, count] of counts) sums[kind] = (sums[kind] ?? 0) + count
    }
    return sums
  }

  async openWay(instance: string): Promise<DatabaseAddress> {
    const target = await this.#database.openWay(instance)
    const proxy = await startHostileProxy(target, harshFaults(this.#lots))
    this.#proxies.push(proxy)
    return { host: '127.0.0.1', port: proxy.port }
  }

  async close(): Promise<void> {
    for (const proxy of this.#proxies) await proxy.close()
  }
}
