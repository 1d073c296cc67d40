import { Pacing } from '../../src/http/pacing/pacing.ts'
import { until } from './until.ts'

export interface HeldAnswers {
  readonly pacing: Pacing
  /** The clock of the pacing, which only a test moves. */
  readonly clock: { ms: number }
  /** How many answers wait. */
  readonly count: () => number
  /** Moves the clock, and sends what is due by then, also what comes to wait meanwhile. */
  readonly pass: (ms: number) => void
  /** Resolves once the answer waits (true), or is there (false). */
  readonly waits: (answer: Promise<unknown>) => Promise<boolean>
}

interface Held {
  readonly dueMs: number
  readonly send: () => void
}

/** A pacing whose time stands still. */
export function holdAnswers(burstMs?: number): HeldAnswers {
  const clock = { ms: 1_000 }
  let held: Held[] = []
  const pacing = new Pacing({
    ...(burstMs !== undefined && { burstMs }),
    now: () => clock.ms,
    after: (delayMs, send) => void held.push({ dueMs: clock.ms + delayMs, send }),
  })
  return {
    pacing,
    clock,
    count: () => held.length,
    pass(ms) {
      const endMs = clock.ms + ms
      for (;;) {
        const next = held.toSorted((a, b) => a.dueMs - b.dueMs)[0]
        if (next === undefined || next.dueMs > endMs) break
        held = held.filter((other) => other !== next)
        clock.ms = Math.max(clock.ms, next.dueMs)
        next.send()
      }
      clock.ms = endMs
    },
    async waits(answer) {
      const before = held.length
      let isThere = false
      answer.then(
        () => {
          isThere = true
        },
        () => {
          isThere = true
        },
      )
      await until('the answer waits or is there', () => isThere || held.length > before)
      return !isThere
    },
  }
}
