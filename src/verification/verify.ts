import { tokenDigest } from '../domain/token/digest.ts'
import { type Attempt, judge, type Verdict } from '../domain/verdict.ts'
import type { VerificationDeps } from './deps.ts'
import { isFirstUse } from './first-use.ts'
import { beginResolution, satisfy } from './pump.ts'
import { recordRefusal, recordVerdict } from './record-verdict.ts'
import { type Resolution, recall } from './resolve.ts'

/**
 * The verdict on a presented token: at once when the cache knows the token, and otherwise by one
 * statement and one Argon2. A denial is data; an outage is thrown, and never taken for a denial.
 *
 * `text` is any text that a caller presented, and `digest` that of `text`.
 */
export function verify(
  deps: VerificationDeps,
  text: string,
  attempt: Attempt,
  digest = tokenDigest(text),
): Verdict | Promise<Verdict> {
  if (digest === undefined) return recordRefusal(deps, 'malformed')
  const known = deps.cache.find(digest)
  const cached = recall(deps.cache, known)
  if (cached === undefined) return answer(deps, beginResolution(deps, text, digest, known), attempt)
  const now = deps.now()
  const verdict = judge(cached.facts, attempt, now)
  if (isFirstUse(cached, verdict)) {
    return answer(deps, beginResolution(deps, text, digest, known), attempt)
  }
  deps.counters.cacheHits += 1
  return recordVerdict(deps, cached, verdict, attempt, now)
}

/** The verdict, as soon as it may be given; the resolution is checked again after each wait. */
function answer(
  deps: VerificationDeps,
  resolution: Resolution,
  attempt: Attempt,
): Verdict | Promise<Verdict> {
  if (!resolution.stands()) {
    return satisfy(deps, resolution).then(() => answer(deps, resolution, attempt))
  }
  const { credential, cause } = resolution
  if (credential === undefined) return recordRefusal(deps, cause)
  const now = deps.now()
  const verdict = judge(credential.facts, attempt, now)
  if (verdict.valid && resolution.needsFirstUse) {
    return deps.firstUses
      .settle(deps, resolution, credential, attempt)
      .then(() => answer(deps, resolution, attempt))
  }
  return recordVerdict(deps, credential, verdict, attempt, now)
}
