import type { CachedCredential } from '../cache/credential-cache.ts'
import type { Deps } from '../deps.ts'
import type { Verdict } from '../domain/verdict.ts'

/**
 * The credential of a token string by which memory may answer in this very step. `digest` is its SHA-256
 * as base64url: only strings that were taken apart and matched are found by theirs, so that nothing of
 * them is checked again. Counts nothing.
 */
export function recall(deps: Deps, digest: string): CachedCredential | undefined {
  const known = deps.cache.find(digest)
  return known !== undefined && deps.cache.mayAnswer(known) ? known : undefined
}

/** Whether a verdict is the first use ever of its credential, which is recorded before anybody learns of it. */
export function isFirstUse({ isUsed }: CachedCredential, verdict: Verdict): boolean {
  return verdict.valid && !isUsed
}
