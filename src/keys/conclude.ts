import type { Deps } from '../deps.ts'
import type { Verdict } from '../domain/verdict.ts'
import { outcomeOf } from './tallies.ts'

/** Counts a verdict that is about to be given, and the use of the key if it is valid. */
export function conclude(deps: Deps, verdict: Verdict, now: Date): Verdict {
  deps.tallies.verdicts[outcomeOf(verdict)] += 1
  if (verdict.valid) deps.uses.record(verdict.key, now)
  return verdict
}
