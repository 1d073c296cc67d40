import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { buildApp } from '../app.ts'
import type { Moment } from '../domain/protocol/lease.ts'
import { moment as realMoment } from '../edge/moment.ts'
import { parseApiSettings } from '../http/api-settings.ts'
import type { App } from '../http/app-type.ts'
import type { Deps } from '../http/deps.ts'
import type { CollectMetrics } from '../http/operations/metrics-route.ts'
import { Pacing } from '../http/pacing/pacing.ts'
import { applyCatalogue } from '../management/roles/catalogue.ts'
import type { RootKey } from '../setup/root-key.ts'
import { startBackgroundJobs } from './background-jobs.ts'
import { compose } from './compose.ts'
import { drain } from './drain.ts'
import { flushLast } from './flush-last.ts'
import { closeOperations, createOperationsServer } from './operations-server.ts'
import { type PreparedDatabase, type PrepareOptions, prepareDatabase } from './prepare.ts'

export interface ServiceOptions extends PrepareOptions {
  /** The clocks of leases; a test passes others. */
  readonly moment?: () => Moment
  /** Called with each id under which this process registers. */
  readonly onRegistered?: (id: string) => void
  /** Collects the metrics of all workers; absent: the metrics of this process. */
  readonly collectMetrics?: CollectMetrics
  /** How often metrics are collected at most; a test collects them at every request. */
  readonly metricsIntervalMs?: number
  /** How often the constraints of the database are looked for; a test looks more often. */
  readonly checkEveryMs?: number
  /** Which answers wait; a test passes others. */
  readonly pacing?: Pacing
}

export interface Service {
  readonly app: App
  /** The server for OPERATIONS_PORT; it does not listen yet. */
  readonly operationsServer: Server
  readonly deps: Deps
  /** The root key, if this very start issued it on an empty database. */
  readonly rootKey: RootKey | undefined
  /** Whether this start found an empty database. */
  readonly isFirstStart: boolean
  /**
   * Answers the requests in flight, writes the buffered uses, and closes the database. Rejects if
   * uses are lost.
   */
  stop(): Promise<void>
}

/** Prepares the database and creates the service on it, without listening. */
export async function createService(options: ServiceOptions): Promise<Service> {
  const prepared = await prepareDatabase(options)
  try {
    return await createOn(prepared, options)
  } catch (error) {
    await prepared.close()
    throw error
  }
}

async function createOn(prepared: PreparedDatabase, options: ServiceOptions): Promise<Service> {
  const { config, log, moment = realMoment, pacing = new Pacing() } = options
  const { externals } = prepared
  const { deps, instance, listener } = await compose({
    ...options,
    database: prepared,
    externals,
    moment,
  })
  // A later version may have added permissions that keys already hold: an older catalogue must not
  // replace its own.
  if (!prepared.isSchemaNewer && (await applyCatalogue(deps, prepared.catalogue))) {
    log.info('stored the permission catalogue')
  }
  let isDraining = false
  const operationsSockets = new WeakSet<Socket>()
  const app = await buildApp(deps, {
    pools: prepared.pools,
    isDraining: () => isDraining,
    apis: parseApiSettings(config),
    operationsSockets,
    ...(options.collectMetrics && { collectMetrics: options.collectMetrics }),
    pacing,
    ...(options.metricsIntervalMs !== undefined && {
      metricsIntervalMs: options.metricsIntervalMs,
    }),
  })
  const operationsServer = createOperationsServer(app, operationsSockets, pacing)
  // Nothing fails from here on: otherwise what has been started would have to be stopped.
  await instance.start()
  listener?.start()
  const backgroundJobs = startBackgroundJobs(deps, {
    flushEveryMs: config.USE_FLUSH_MS,
    checkFitness: prepared.checkFitness,
    checkEveryMs: options.checkEveryMs,
  })
  return {
    app,
    operationsServer,
    deps,
    isFirstStart: prepared.isFirstStart,
    rootKey: prepared.rootKey,
    async stop() {
      isDraining = true
      // First: a receipt waits for each edge that does not go, and the server for its connection.
      await deps.edges?.stop()
      await drain(app, config.DRAIN_TIMEOUT_MS)
      await closeOperations(operationsServer)
      backgroundJobs.stop()
      await listener?.stop()
      await instance.stop()
      try {
        await flushLast(deps)
      } finally {
        await prepared.close()
      }
    },
  }
}
