import fc from 'fast-check'
import type { Violation } from './history.ts'
import type { Schedule } from './schedule.ts'
import { type RunOptions, run } from './simulation.ts'

export interface HuntOptions extends RunOptions {
  readonly schedules: fc.Arbitrary<Schedule>
  /** How many schedules at most. */
  readonly most: number
  readonly seed: number
  /** The number of the schedule to begin with, 1 when absent: those before it are not run. */
  readonly first?: number
  /** Whether to look for the smallest schedule that breaks the same guarantee. */
  readonly isShrunk?: boolean
}

export interface Hunt {
  /** The number of the schedule that broke a guarantee, or of the last one. */
  readonly count: number
  readonly found: { readonly schedule: Schedule; readonly violation: Violation } | undefined
}

/**
 * Runs random schedules until a guarantee is broken, or there were enough. The same seed gives the
 * same.
 */
export function hunt(hunt: HuntOptions): Hunt {
  const { schedules, most, seed, first = 1, isShrunk = false, ...options } = hunt
  let found: Hunt['found']
  const property = fc.property(schedules, (schedule) => {
    const violation = run(schedule, options)
    if (violation !== undefined) found = { schedule, violation }
    return violation === undefined
  })
  const outcome = fc.check(property, {
    numRuns: most,
    seed,
    path: String(first - 1),
    endOnFailure: !isShrunk,
  })
  // What the model itself throws is no catch.
  if (outcome.failed && found === undefined) throw outcome.errorInstance
  return { count: first - 1 + outcome.numRuns, found }
}
