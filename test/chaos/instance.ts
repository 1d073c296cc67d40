import type { Processes, Settings } from '../helpers/process.ts'
import { ChaosProcess } from './chaos-process.ts'
import type { ChaosDatabase } from './database.ts'
import { type Link, openLink } from './link.ts'

/** One instance of the service. */
export class ChaosInstance extends ChaosProcess {
  /**
   * An instance that is not started yet. `rate`: how fast its monotonic clock runs; `draw` gives
   * the random numbers of its connections.
   */
  static async create(
    name: string,
    rate: number,
    draw: () => number,
    processes: Processes,
    database: Pick<ChaosDatabase, 'connection' | 'openWay'>,
    settings: Settings,
  ): Promise<ChaosInstance> {
    const links = [
      await openLink(await database.openWay(name), draw),
      await openLink(await database.openWay(name), draw),
    ] as const
    const [toDatabase, toListen] = links
    const { user, database: databaseName } = database.connection
    const url = (link: Link) => `postgresql://${user}@127.0.0.1:${link.port}/${databaseName}`
    const ownSettings = {
      ...settings,
      DATABASE_URL: url(toDatabase),
      DATABASE_LISTEN_URL: url(toListen),
    }
    return new ChaosInstance({ name, rate, processes, links, launch: { settings: ownSettings } })
  }
}
