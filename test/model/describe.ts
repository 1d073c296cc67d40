import type { Hunt } from './hunt.ts'
import { describe } from './schedule.ts'
import { type RunOptions, run } from './simulation.ts'

/**
 * A schedule that broke a guarantee, as a person reads it: what was to happen, what did, and what
 * broke.
 */
export function tell(found: NonNullable<Hunt['found']>, options: RunOptions = {}): string {
  const happened: string[] = []
  run(found.schedule, { ...options, trace: (text) => happened.push(text) })
  return [
    describe(found.schedule),
    '',
    ...happened,
    '',
    `${found.violation.guarantee}: ${found.violation.text}`,
  ].join('\n')
}
