import { buildApp } from '../app.ts'
import type { Deps } from '../deps.ts'
import type { Moment } from '../freshness/lease.ts'
import { parseApiSettings } from '../http/api-settings.ts'
import type { App } from '../http/app-type.ts'
import type { CollectMetrics } from '../http/operations/metrics.ts'
import { applyCatalogue } from '../management/roles/catalogue.ts'
import type { RootKey } from '../setup/root-key.ts'
import { flush, startBackgroundJobs } from './background-jobs.ts'
import { realMoment } from './clocks.ts'
import { compose } from './compose.ts'
import { drain } from './drain.ts'
import { type PreparedDatabase, type PrepareOptions, prepareDatabase } from './prepare.ts'

export interface ServiceOptions extends PrepareOptions {
  /** The clocks of leases; others in tests. */
  readonly moment?: () => Moment
  /** Told of each id under which this process is registered. */
  readonly onRegistered?: (id: string) => void
  /** Collects the metrics of all workers; absent: this process's own. */
  readonly collectMetrics?: CollectMetrics
}

export interface Service {
  readonly app: App
  readonly deps: Deps
  /** Made by this very start, on an empty database. */
  readonly rootKey: RootKey | undefined
  /** Whether this start found an empty database. */
  readonly isFirstStart: boolean
  /** Answers what is in flight, writes the use records, and lets go of the database. */
  stop(): Promise<void>
}

/** Makes a database ready and the service upon it, all but listening. */
export async function createService(options: ServiceOptions): Promise<Service> {
  const prepared = await prepareDatabase(options)
  try {
    return await createOn(prepared, options)
  } catch (error) {
    await prepared.db.destroy()
    throw error
  }
}

async function createOn(prepared: PreparedDatabase, options: ServiceOptions): Promise<Service> {
  const { config, log, moment = realMoment } = options
  const { db, pool, history, externals } = prepared
  const { deps, instance, listener } = await compose({ ...options, db, history, externals, moment })
  // A later version may have brought permissions that keys already hold.
  if (!prepared.isSchemaNewer && (await applyCatalogue(deps, prepared.catalogue))) {
    log.info('stored the permission catalogue')
  }
  let isDraining = false
  const app = await buildApp(deps, {
    pool,
    maxWaitingForDatabase: config.DATABASE_QUEUE_MAX,
    isDraining: () => isDraining,
    apis: parseApiSettings(config),
    ...(options.collectMetrics && { collectMetrics: options.collectMetrics }),
  })
  // From here on nothing fails: what runs by itself would have to be stopped.
  await instance.start()
  listener?.start()
  const backgroundJobs = startBackgroundJobs(deps, config.USE_FLUSH_MS)
  return {
    app,
    deps,
    isFirstStart: prepared.isFirstStart,
    rootKey: prepared.rootKey,
    async stop() {
      isDraining = true
      await drain(app, config.DRAIN_TIMEOUT_MS)
      backgroundJobs.stop()
      await listener?.stop()
      await instance.stop()
      await flush(deps)
      await db.destroy()
    },
  }
}
