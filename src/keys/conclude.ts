import type { Deps } from '../deps.ts'
import type { Attempt, Verdict } from '../domain/verdict.ts'
import { outcomeOf } from './tallies.ts'

/** Counts a verdict that is about to be given, and the use of the key or that it was denied. */
export function conclude(deps: Deps, verdict: Verdict, attempt: Attempt, now: Date): Verdict {
  deps.tallies.verdicts[outcomeOf(verdict)] += 1
  if (verdict.valid) deps.uses.record(verdict.key, now)
  else deps.denials.record(verdict, attempt, now)
  return verdict
}
