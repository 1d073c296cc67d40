import type { Logger } from 'pino'
import { AggregatorRegistry, type Registry } from 'prom-client'
import { ServiceError } from '../errors.ts'
import type { LoadedSettings } from '../settings/load-settings.ts'
import { explainFailure } from './explain-failure.ts'
import { listen } from './listen.ts'
import { listenForOperations } from './operations-server.ts'
import { createService } from './service.ts'
import type { Shutdown } from './stop-on-signal.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

/** Runs one of several processes that share a port. The parent has prepared the database. */
export async function runWorker(
  { config, files }: LoadedSettings,
  log: Logger,
  shutdown: Shutdown,
): Promise<void> {
  if (config.DATABASE_URL === undefined) throw new Error('A worker process requires DATABASE_URL.')
  try {
    const service = await createService({
      config,
      files,
      log,
      connection: config.DATABASE_URL,
      onRegistered: (id) => send({ kind: 'registered', id }),
      collectMetrics: collectFromAll,
      throwIfStopping: shutdown.throwIfAsked,
    })
    shutdown.stopBy(() => service.stop())
    shutdown.throwIfAsked()
    await listenForOperations(service.operationsServer, config)
    send({ kind: 'listening', address: await listen(service.app, config) })
  } catch (error) {
    if (!shutdown.isAsked) send({ kind: 'cannot_start', reason: explainFailure(error) })
    throw error
  }
}

/** Asks the parent for the metrics of all workers, this one included. */
function collectFromAll(own: Registry): () => Promise<string> {
  AggregatorRegistry.setRegistries([own])
  // Registers the handler that answers the parent's requests for the registry.
  new AggregatorRegistry()
  const pending = new Map<number, (text: string | undefined) => void>()
  let requests = 0
  process.on('message', (message: ToWorker) => {
    if (message?.kind !== 'metrics') return
    pending.get(message.requestId)?.(message.text)
    pending.delete(message.requestId)
  })
  return () => {
    requests += 1
    const requestId = requests
    return new Promise((resolve, reject) => {
      pending.set(requestId, (text) => {
        if (text === undefined) reject(notTold())
        else resolve(text)
      })
      send({ kind: 'metrics_requested', requestId })
    })
  }
}

function notTold(): ServiceError {
  return new ServiceError(
    'unavailable',
    'A worker process did not tell its metrics. Try again later.',
  )
}

function send(message: FromWorker): void {
  process.send?.(message)
}
