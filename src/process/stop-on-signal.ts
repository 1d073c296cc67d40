import { isatty } from 'node:tty'
import type { Logger } from 'pino'
import type { Config } from '../settings/settings-schema.ts'
import { edgesOutliveMs } from './create-edges.ts'

/**
 * Time after the requests in flight: to write the buffered uses and to stop an embedded PostgreSQL.
 */
const finishMs = 10_000
/**
 * A repeated signal that is relayed (by npm, by systemd, by the parent of workers) arrives much
 * sooner.
 */
const forceAfterMs = 2_000
/** The exit code with which shells report a process that SIGINT ended. */
const forcedExitCode = 130

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const

/**
 * Stops the service at the first signal or uncaught error, and exits: with 0, or with 1 after an
 * error and when stopping fails or takes too long. A signal to a process group can arrive more than
 * once, so that further signals change nothing. Only a person at a terminal who presses Ctrl-C
 * again, two seconds later or more, ends the process at once, with 130.
 */
export function stopOnSignal(config: Config, log: Logger, stop: () => Promise<void>): void {
  let stoppingSince: number | undefined
  let hasFailed = false

  function begin(): void {
    stoppingSince = performance.now()
    setTimeout(
      () => {
        log.fatal('stopping took too long')
        process.exit(1)
      },
      config.DRAIN_TIMEOUT_MS + edgesOutliveMs(config) + finishMs,
    )
    stop()
      .then(() => log.info('stopped'))
      .catch((error: unknown) => {
        log.error({ err: error }, 'failed to stop cleanly')
        hasFailed = true
      })
      .finally(() => process.exit(hasFailed ? 1 : 0))
  }

  function onSignal(signal: NodeJS.Signals): void {
    if (stoppingSince === undefined) {
      log.info({ signal }, 'stopping')
      begin()
      return
    }
    const isSoon = performance.now() - stoppingSince < forceAfterMs
    if (signal !== 'SIGINT' || isSoon || !isatty(0)) return
    log.warn('stopped at once on a repeated SIGINT; requests in flight were cut off')
    process.exit(forcedExitCode)
  }

  function onError(err: unknown): void {
    hasFailed = true
    log.fatal({ err }, 'stopping after an error')
    if (stoppingSince === undefined) begin()
  }

  for (const signal of signals) process.on(signal, onSignal)
  process.on('uncaughtException', onError)
  process.on('unhandledRejection', onError)
}
