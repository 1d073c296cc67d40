import { isatty } from 'node:tty'
import type { Logger } from 'pino'
import type { Config } from '../settings/settings-schema.ts'
import { edgesOutliveMs } from './edges-outlive.ts'
import type { StopSignals } from './stop-signals.ts'

/**
 * Time after the requests in flight: to write the buffered uses and to stop an embedded PostgreSQL.
 */
export const finishMs = 10_000
/**
 * A repeated signal that is relayed (by npm, by systemd, by the parent of workers) arrives much
 * sooner.
 */
const forceAfterMs = 2_000
/** The exit code with which shells report a process that SIGINT ended. */
const forcedExitCode = 130

/** Whether this process has been asked to stop, and how it does that. */
export interface Shutdown {
  /** A signal has arrived. */
  readonly isAsked: boolean
  /** `stop` runs: the start leaves the rest, and the exit, to it. */
  readonly isUnderWay: boolean
  /**
   * Throws StartAbandonedError if a signal has arrived: to be called during a start wherever what
   * has been started so far can be stopped.
   */
  throwIfAsked(): void
  /**
   * From now on a signal or an uncaught error stops the service by `stop`; at once, if a signal has
   * arrived.
   */
  stopBy(stop: () => Promise<void>): void
  /** Ends the process of a start that was abandoned. */
  abandon(): never
}

/** A signal has arrived while the service starts: no fault. */
export class StartAbandonedError extends Error {
  override readonly name = 'StartAbandonedError'
}

/**
 * Stops the service at the first signal or uncaught error, and exits: with 0, or with 1 after an
 * error and when stopping fails or takes too long. A signal to a process group can arrive more than
 * once, so that further signals change nothing. Only a person at a terminal who presses Ctrl-C
 * again, two seconds later or more, ends the process at once, with 130. A signal during the start
 * lets the start end at its next safe point.
 */
export function stopOnSignal(
  config: Pick<Config, 'DRAIN_TIMEOUT_MS' | 'EDGES_MAX' | 'EDGE_LEASE_MS'>,
  log: Logger,
  signals: StopSignals,
): Shutdown {
  let stop: (() => Promise<void>) | undefined
  let stoppingSince: number | undefined
  let isUnderWay = false
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
    if (stop !== undefined) run(stop)
  }

  function run(stop: () => Promise<void>): void {
    isUnderWay = true
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

  signals.onSignal(onSignal)
  return {
    get isAsked() {
      return stoppingSince !== undefined
    },
    get isUnderWay() {
      return isUnderWay
    },
    throwIfAsked() {
      if (stoppingSince !== undefined) throw new StartAbandonedError('The start was abandoned.')
    },
    stopBy(given) {
      stop = given
      process.on('uncaughtException', onError)
      process.on('unhandledRejection', onError)
      if (stoppingSince !== undefined) run(given)
    },
    abandon() {
      log.info('stopped before the start was complete')
      process.exit(0)
    },
  }
}
