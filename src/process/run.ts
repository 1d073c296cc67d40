import cluster from 'node:cluster'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Logger } from 'pino'
import { type LoadedSettings, loadSettings } from '../settings/load-settings.ts'
import type { Config } from '../settings/settings-schema.ts'
import { createLog } from './log.ts'
import { replyTo } from './reply-to-arguments.ts'
import { type Shutdown, stopOnSignal } from './stop-on-signal.ts'
import type { StopSignals } from './stop-signals.ts'

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
    const runRole = await loadRole(config)
    // A signal that arrived while modules loaded is delivered in the next turn.
    await nextTurn()
    shutdown.throwIfAsked()
    await runRole(settings, log, shutdown)
  } catch (error) {
    if (shutdown?.isUnderWay) return
    // What fails after a signal no longer matters to anybody.
    if (shutdown?.isAsked) shutdown.abandon()
    const { explainFailure } = await import('./explain-failure.ts')
    process.stderr.write(`aeon-keys cannot start. ${explainFailure(error)}\n`)
    process.exit(1)
  }
}

type Role = (settings: LoadedSettings, log: Logger, shutdown: Shutdown) => Promise<void>

/**
 * Only what a role runs is loaded: the parent of workers has no HTTP server, and a start that is
 * refused needs no database either. Loading all of it is two thirds of the CPU time of a start.
 */
async function loadRole(config: Config): Promise<Role> {
  const { EDGE_OF: edgeOf, EDGE_TOKEN_FILE: tokenFile } = config
  if (edgeOf !== undefined && tokenFile !== undefined) {
    const { serveEdge } = await import('./serve-edge.ts')
    return (_settings, log, shutdown) => serveEdge(config, { edgeOf, tokenFile }, log, shutdown)
  }
  if (cluster.isWorker) return (await import('./worker.ts')).runWorker
  if (config.WORKERS > 1) return (await import('./parent.ts')).runParent
  return (await import('./serve.ts')).serve
}
