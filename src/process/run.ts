import cluster from 'node:cluster'
import { loadSettings } from '../settings/load-settings.ts'
import { explainFailure } from './explain-failure.ts'
import { createLog } from './log.ts'
import { runParent } from './parent.ts'
import { replyTo } from './reply-to-arguments.ts'
import { serve } from './serve.ts'
import { runWorker } from './worker.ts'

/**
 * Runs the service with the settings of an environment: in this process, or in several that share a
 * port. The only arguments are those that ask for a text instead.
 */
export async function run(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const reply = replyTo(args)
  if (reply !== undefined) {
    process[reply.exitCode === 0 ? 'stdout' : 'stderr'].write(reply.text)
    process.exitCode = reply.exitCode
    return
  }
  try {
    const settings = await loadSettings(env)
    const { config } = settings
    const log = createLog(config.LOG_LEVEL)
    if (cluster.isWorker) await runWorker(settings, log)
    else if (config.WORKERS > 1) await runParent(settings, log)
    else await serve(settings, log)
  } catch (error) {
    process.stderr.write(`aeon-keys cannot start. ${explainFailure(error)}\n`)
    process.exit(1)
  }
}
