import cluster from 'node:cluster'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { loadSettings } from '../settings/load-settings.ts'
import { explainFailure } from './explain-failure.ts'
import { createLog } from './log.ts'
import { runParent } from './parent.ts'
import { replyTo } from './reply-to-arguments.ts'
import { serve } from './serve.ts'
import { serveEdge } from './serve-edge.ts'
import { type Shutdown, stopOnSignal } from './stop-on-signal.ts'
import type { StopSignals } from './stop-signals.ts'
import { runWorker } from './worker.ts'

/**
 * Runs the service with the settings of an environment: in this process, or in several that share a
 * port. The only arguments are those that ask for a text instead.
 */
export async function run(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  signals: StopSignals,
): Promise<void> {
  const reply = replyTo(args)
  if (reply !== undefined) {
    process[reply.exitCode === 0 ? 'stdout' : 'stderr'].write(reply.text)
    process.exitCode = reply.exitCode
    return
  }
  let shutdown: Shutdown | undefined
  try {
    const settings = await loadSettings(env)
    const { config } = settings
    const log = createLog(config.LOG_LEVEL)
    shutdown = stopOnSignal(config, log, signals)
    // A signal that arrived while modules loaded is delivered in the next turn.
    await nextTurn()
    shutdown.throwIfAsked()
    const { EDGE_OF: edgeOf, EDGE_TOKEN_FILE: tokenFile } = config
    if (edgeOf !== undefined && tokenFile !== undefined) {
      await serveEdge(config, { edgeOf, tokenFile }, log, shutdown)
    } else if (cluster.isWorker) await runWorker(settings, log, shutdown)
    else if (config.WORKERS > 1) await runParent(settings, log, shutdown)
    else await serve(settings, log, shutdown)
  } catch (error) {
    if (shutdown?.isUnderWay) return
    // What fails after a signal no longer matters to anybody.
    if (shutdown?.isAsked) shutdown.abandon()
    process.stderr.write(`aeon-keys cannot start. ${explainFailure(error)}\n`)
    process.exit(1)
  }
}
