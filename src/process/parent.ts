import type { Logger } from 'pino'
import type { LoadedSettings } from '../settings/load-settings.ts'
import { edgesOutliveMs } from './edges-outlive.ts'
import { announceFirstStart, rootTokenKeeper } from './first-start.ts'
import { prepareDatabase } from './prepare.ts'
import { type ReachedDatabase, reachDatabase } from './reach-database.ts'
import type { Shutdown } from './stop-on-signal.ts'
import { Workers } from './workers.ts'

/**
 * Runs several worker processes that share one port, each an instance of its own: prepares the
 * database, starts the workers, restarts those that die, and drains all of them together.
 */
export async function runParent(
  { config, files }: LoadedSettings,
  log: Logger,
  shutdown: Shutdown,
): Promise<void> {
  const database = await reachDatabase(config, log)
  try {
    shutdown.throwIfAsked()
    const prepared = await prepareDatabase({
      config,
      files,
      log,
      connection: database.connection,
      throwIfStopping: shutdown.throwIfAsked,
      ...rootTokenKeeper(config, database),
    })
    const workers = new Workers({
      db: prepared.db,
      env: environmentOf(database),
      edgesOutliveMs: edgesOutliveMs(config),
      log,
    })
    const release = async () => {
      await prepared.close()
      await database.stop()
    }
    // The first worker answers requests while the others start: a signal must not cut those off.
    shutdown.stopBy(() => workers.stop().finally(release))
    let address: string | undefined
    try {
      shutdown.throwIfAsked()
      address = await workers.start(config.WORKERS)
    } catch (error) {
      // A signal has stopped the workers that were starting, and ends this process.
      if (workers.isStopping) return
      await workers.stop()
      await prepared.close()
      throw error
    } finally {
      announceFirstStart(prepared, config, database, address, log)
    }
  } catch (error) {
    await database.stop()
    throw error
  }
}

/** A worker reaches the database as its parent does; the embedded one by its socket. */
function environmentOf({ connection }: ReachedDatabase): Record<string, string> {
  if (typeof connection === 'string') return { DATABASE_URL: connection }
  const { host = '', port = 0, user = '', database = '' } = connection
  const socket = `host=${encodeURIComponent(host)}&port=${port}`
  return { DATABASE_URL: `postgresql://${user}@/${database}?${socket}` }
}
