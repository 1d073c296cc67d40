import type { Deps } from '../deps.ts'
import type { Attempt, Verdict } from '../domain/verdict.ts'
import type { CachedCredential } from './credential-cache.ts'

/** Counts a verdict that is about to be given, and the use of the credential or that it was denied. */
export function recordVerdict(
  deps: Deps,
  credential: CachedCredential | undefined,
  verdict: Verdict,
  attempt: Attempt,
  now: Date,
): Verdict {
  if (verdict.valid) {
    deps.counters.verdicts.valid += 1
    if (credential !== undefined) deps.uses.record(credential.uses, now)
  } else {
    deps.counters.verdicts[verdict.reason] += 1
    deps.denials.record(verdict, attempt, now)
  }
  return verdict
}
