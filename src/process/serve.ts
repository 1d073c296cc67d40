import type { Logger } from 'pino'
import type { LoadedSettings } from '../settings/load-settings.ts'
import type { Config } from '../settings/settings-schema.ts'
import { announceFirstStart, rootTokenKeeper } from './first-start.ts'
import { listen } from './listen.ts'
import { listenForOperations } from './operations-server.ts'
import { type ReachedDatabase, reachDatabase } from './reach-database.ts'
import { createService, type Service } from './service.ts'
import type { Shutdown } from './stop-on-signal.ts'

/** Runs the service in this process, until a signal. */
export async function serve(
  { config, files }: LoadedSettings,
  log: Logger,
  shutdown: Shutdown,
): Promise<void> {
  const database = await reachDatabase(config, log)
  try {
    shutdown.throwIfAsked()
    const service = await createService({
      config,
      files,
      log,
      connection: database.connection,
      throwIfStopping: shutdown.throwIfAsked,
      ...rootTokenKeeper(config, database),
    })
    shutdown.stopBy(async () => {
      await service.stop()
      await database.stop()
    })
    await listenAndAnnounce(service, { config, database, log, shutdown })
  } catch (error) {
    if (!shutdown.isUnderWay) await database.stop()
    throw error
  }
}

interface ListenOptions {
  readonly config: Config
  readonly database: ReachedDatabase
  readonly log: Logger
  readonly shutdown: Shutdown
}

/** A root token is shown even if the start is abandoned: it cannot be shown again. */
async function listenAndAnnounce(
  service: Service,
  { config, database, log, shutdown }: ListenOptions,
): Promise<void> {
  let address: string | undefined
  try {
    shutdown.throwIfAsked()
    await listenForOperations(service.operationsServer, config)
    address = await listen(service.app, config)
  } catch (error) {
    if (!shutdown.isUnderWay) await service.stop()
    throw error
  } finally {
    announceFirstStart(service, config, database, address, log)
  }
}
