import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import { announceFirstStart, rootTokenKeeper } from './first-start.ts'
import { listen } from './listen.ts'
import { type ReachedDatabase, reachDatabase } from './reach-database.ts'
import { createService, type Service } from './service.ts'
import type { LoadedSettings } from './settings.ts'
import type { Config } from './settings-schema.ts'

/** After the requests in flight: to write the use records and to stop a private PostgreSQL. */
const finishMs = 10_000

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
    await listenAndTell(service, config, database, log)
    stopOnSignal(config, log, async () => {
      await service.stop()
      await database.stop()
    })
  } catch (error) {
    await database.stop()
    throw error
  }
}

/** Stops on SIGTERM, SIGINT or an error that nobody caught; by force when that takes too long. */
export function stopOnSignal(config: Config, log: Logger, stop: () => Promise<void>): void {
  closeWithGrace(
    { delay: config.DRAIN_TIMEOUT_MS + finishMs, logger: false },
    async ({ signal, err }) => {
      if (err !== undefined) log.fatal({ err }, 'stopping after an error')
      else log.info({ signal }, 'stopping')
      await stop()
      log.info('stopped')
    },
  )
}

async function listenAndTell(
  service: Service,
  config: Config,
  database: ReachedDatabase,
  log: Logger,
): Promise<void> {
  let address: string | undefined
  try {
    address = await listen(service.app, config)
  } catch (error) {
    await service.stop()
    throw error
  } finally {
    announceFirstStart(service, config, database, address, log)
  }
}
