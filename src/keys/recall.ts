import type { Deps } from '../deps.ts'
import { type Attempt, judge, type Verdict } from '../domain/verdict.ts'

/**
 * The verdict on a token string that memory may give in this very step; undefined when the database has
 * to be asked or told first. `digest` is its SHA-256 as base64url: only strings that were taken apart and
 * matched are found by theirs, so that nothing of them is checked again. Counts nothing.
 */
export function recall(
  deps: Deps,
  digest: string,
  attempt: Attempt,
  now: Date,
): Verdict | undefined {
  const known = deps.cache.find(digest)
  if (known === undefined || !deps.cache.mayAnswer(known)) return undefined
  const verdict = judge(known.facts, attempt, now)
  // The first use ever is recorded before anybody learns of it.
  return known.isUsed || !verdict.valid ? verdict : undefined
}
