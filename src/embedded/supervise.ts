import { setTimeout as sleep } from 'node:timers/promises'

import type { Run } from './claim.ts'
import type { Log } from './server-log.ts'

/** A server that is kept running. */
export interface Supervisor {
  /** Resolves when the server has ended for good. */
  stop(): Promise<void>
}

const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 10_000

/** After a run this long, a failure starts with the shortest pause again. */
const SOUND_AFTER_MS = 60_000

/** Restarts PostgreSQL whenever it ends by itself, with growing pauses while restarts fail. */
export function supervise(first: Run, launch: () => Promise<Run>, log: Log): Supervisor {
  const stopping = new AbortController()
  let current = first
  const finished = keepRunning()

  async function keepRunning(): Promise<void> {
    let delayMs = FIRST_DELAY_MS
    let soundAt = performance.now() + SOUND_AFTER_MS
    for (;;) {
      await current.server.ended
      if (stopping.signal.aborted) return
      log.error({ lastLines: current.log.lastLines() }, 'PostgreSQL ended unexpectedly')

      if (performance.now() > soundAt) delayMs = FIRST_DELAY_MS
      await pause(delayMs, stopping.signal)
      if (stopping.signal.aborted) return
      delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS)
      soundAt = performance.now() + SOUND_AFTER_MS
      await startAgain()
    }
  }

  async function startAgain(): Promise<void> {
    try {
      current = await launch()
    } catch (error) {
      return log.error({ err: error }, 'failed to restart PostgreSQL; retrying')
    }
    if (stopping.signal.aborted) current.server.stop()
    if (!(await current.server.ready)) return
    current.log.release()
    log.warn({}, 'PostgreSQL restarted')
  }

  function stop(): Promise<void> {
    stopping.abort()
    current.server.stop()
    return finished
  }

  return { stop }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch {
    // The abort signal ends the pause early; the caller checks it.
  }
}
