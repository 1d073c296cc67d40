import { isatty } from 'node:tty'
import type { Logger } from 'pino'
import type { Config } from '../settings/settings-schema.ts'

/** After the requests in flight: to write the use records and to stop a private PostgreSQL. */
const finishMs = 10_000
/** A signal that is relayed (by npm, by systemd, by the parent of workers) comes much sooner. */
const hurryAfterMs = 2_000
/** As shells tell of a process that SIGINT ended. */
const hurriedCode = 130

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const

/**
 * Stops in order at the first signal, or at an error that nobody caught, and exits: with 0, or with 1
 * after an error and when stopping fails or takes too long. Whoever signals a group of processes is
 * heard more than once, so that another signal changes nothing. A person at a terminal who presses
 * Ctrl-C again, two seconds later or more, ends the process at once, with 130.
 */
export function stopOnSignal(config: Config, log: Logger, stop: () => Promise<void>): void {
  let stoppingSince: number | undefined
  let hasFailed = false

  function begin(): void {
    stoppingSince = performance.now()
    setTimeout(() => {
      log.fatal('stopping took too long')
      process.exit(1)
    }, config.DRAIN_TIMEOUT_MS + finishMs)
    stop()
      .then(() => log.info('stopped'))
      .catch((error: unknown) => {
        log.error({ err: error }, 'it could not stop in order')
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
    const isSoon = performance.now() - stoppingSince < hurryAfterMs
    if (signal !== 'SIGINT' || isSoon || !isatty(0)) return
    log.warn('stopped at once, as asked: what was in flight is cut off')
    process.exit(hurriedCode)
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
