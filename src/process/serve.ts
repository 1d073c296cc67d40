import type { Logger } from 'pino'
import type { LoadedSettings } from '../settings/load-settings.ts'
import type { Config } from '../settings/settings-schema.ts'
import { announceFirstStart, rootTokenKeeper } from './first-start.ts'
import { listen } from './listen.ts'
import { listenForOperations } from './operations-server.ts'
import { type ReachedDatabase, reachDatabase } from './reach-database.ts'
import { createService, type Service } from './service.ts'
import { stopOnSignal } from './stop-on-signal.ts'

/** Runs the service in this process, until a signal. */
export async function serve({ config, files }: LoadedSettings, log: Logger): Promise<void> {
  const database = await reachDatabase(config, log)
  try {
    const service = await createService({
      config,
      files,
      log,
      connection: database.connection,
      ...rootTokenKeeper(config, database),
    })
    stopOnSignal(config, log, async () => {
      await service.stop()
      await database.stop()
    })
    await listenAndAnnounce(service, config, database, log)
  } catch (error) {
    await database.stop()
    throw error
  }
}

async function listenAndAnnounce(
  service: Service,
  config: Config,
  database: ReachedDatabase,
  log: Logger,
): Promise<void> {
  let address: string | undefined
  try {
    await listenForOperations(service.operationsServer, config)
    address = await listen(service.app, config)
  } catch (error) {
    await service.stop()
    throw error
  } finally {
    announceFirstStart(service, config, database, address, log)
  }
}
