import type { Attempt, Verdict } from '../domain/verdict.ts'
import type { CachedCredential } from './cached-credential.ts'
import type { VerificationDeps } from './deps.ts'
import type { RefusalCause } from './resolve.ts'

/** Counts a verdict that is about to be given, and the use or the denial of its credential. */
export function recordVerdict(
  deps: Pick<VerificationDeps, 'counters' | 'denials' | 'uses'>,
  credential: Pick<CachedCredential, 'uses'> | undefined,
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

/**
 * Counts a token that resolves to no credential. The verdict says `malformed` or `not_found`; the
 * cause stays inside: in the metrics, and in a debug log line.
 */
export function recordRefusal(deps: VerificationDeps, cause: RefusalCause | undefined): Verdict {
  const reason = cause === 'malformed' ? 'malformed' : 'not_found'
  deps.counters.verdicts[reason] += 1
  if (cause !== undefined && cause !== 'malformed') deps.counters.notFound[cause] += 1
  if (deps.log.isLevelEnabled('debug')) deps.log.debug({ cause }, 'a token was refused')
  return { valid: false, reason, key: undefined }
}
