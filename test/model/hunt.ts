import fc from 'fast-check'
import type { Violation } from './history.ts'
import type { Schedule } from './schedule.ts'
import { type RunOptions, run } from './simulation.ts'

export interface HuntOptions extends RunOptions {
  readonly schedules: fc.Arbitrary<Schedule>
  /** How many schedules at most. */
  readonly most: number
  readonly seed: number
  /** Whether to look for the smallest schedule that breaks the same guarantee. */
  readonly isShrunk?: boolean
}

export interface Hunt {
  /** How many schedules were run, until one broke a guarantee. */
  readonly count: number
  readonly found: { readonly schedule: Schedule; readonly violation: Violation } | undefined
}

/**
 * Runs random schedules until a guarantee is broken, or there were enough. The same seed gives the
 * same.
 */
export function hunt({ schedules, most, seed, isShrunk = false, ...options }: HuntOptions): Hunt {
  let found: Hunt['found']
  const property = fc.property(schedules, (schedule) => {
    const violation = run(schedule, options)
    if (violation !== undefined) found = { schedule, violation }
    return violation === undefined
  })
  const outcome = fc.check(property, { numRuns: most, seed, endOnFailure: !isShrunk })
  // What the model itself throws is no catch.
  if (outcome.failed && found === undefined) throw outcome.errorInstance
  return { count: outcome.numRuns, found }
}
