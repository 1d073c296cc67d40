import cluster from 'node:cluster'
import type { Logger } from 'pino'
import { AggregatorRegistry, type Registry } from 'prom-client'
import type { LoadedSettings } from '../settings/load-settings.ts'
import { explainFailure } from './explain-failure.ts'
import { listen } from './listen.ts'
import { createService } from './service.ts'
import { stopOnSignal } from './stop-on-signal.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

/** One of several processes that share a port. Its parent runs the database and has prepared it. */
export async function runWorker({ config, files }: LoadedSettings, log: Logger): Promise<void> {
  if (config.DATABASE_URL === undefined) throw new Error('A worker process requires DATABASE_URL.')
  try {
    const service = await createService({
      config,
      files,
      log,
      connection: config.DATABASE_URL,
      onRegistered: (id) => tell({ kind: 'registered', id }),
      collectMetrics: collectFromAll,
    })
    stopOnSignal(config, log, async () => {
      await service.stop()
      // The channel to the parent would keep this process alive.
      cluster.worker?.disconnect()
    })
    tell({ kind: 'listening', address: await listen(service.app, config) })
  } catch (error) {
    tell({ kind: 'cannot_start', reason: explainFailure(error) })
    throw error
  }
}

/** Asks the parent for the metrics of all workers, this one's included. */
function collectFromAll(own: Registry): () => Promise<string> {
  AggregatorRegistry.setRegistries([own])
  // Answers the parent's questions for that registry.
  new AggregatorRegistry()
  const asked = new Map<number, (text: string) => void>()
  let questions = 0
  process.on('message', (message: ToWorker) => {
    if (message?.kind !== 'metrics') return
    asked.get(message.question)?.(message.text)
    asked.delete(message.question)
  })
  return () => {
    questions += 1
    const question = questions
    return new Promise((resolve) => {
      asked.set(question, resolve)
      tell({ kind: 'metrics_wanted', question })
    })
  }
}

function tell(message: FromWorker): void {
  process.send?.(message)
}
