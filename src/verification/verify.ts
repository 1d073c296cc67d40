import type { Deps } from '../deps.ts'
import { parsePresentedToken } from '../domain/token/parsed-token.ts'
import { findTagKey } from '../domain/token/tag.ts'
import { type Attempt, type DenialReason, judge, type Verdict } from '../domain/verdict.ts'
import type { CachedCredential } from './credential-cache.ts'
import { isFirstUse, recordUse } from './first-use.ts'
import { loadCredential, type TokenWithDigest } from './load-credential.ts'
import { recordVerdict } from './record-verdict.ts'
import { tokenDigest } from './token-digest.ts'

/**
 * Whether a presented token is good for an attempt: at once when the cache knows it, and otherwise by
 * one statement and one Argon2. A denial is data; an outage is thrown, and never taken for a denial.
 *
 * `text` is whatever the caller presented.
 */
export function verify(deps: Deps, text: string, attempt: Attempt): Verdict | Promise<Verdict> {
  const digest = tokenDigest(text)
  if (digest === undefined) return deny(deps, 'malformed')
  const cached = deps.cache.find(digest)
  if (cached === undefined || !deps.cache.mayAnswer(cached)) {
    return verifyParsed(deps, text, digest, attempt, cached)
  }
  const now = deps.now()
  const verdict = judge(cached.facts, attempt, now)
  if (isFirstUse(cached, verdict)) return verifyParsed(deps, text, digest, attempt, cached)
  deps.counters.cacheHits += 1
  return recordVerdict(deps, cached, verdict, attempt, now)
}

function verifyParsed(
  deps: Deps,
  text: string,
  digest: string,
  attempt: Attempt,
  cached: CachedCredential | undefined,
): Verdict | Promise<Verdict> {
  const read = parsePresentedToken(text, deps.keyring.keys)
  if (read.kind === 'denied') {
    if (read.reason === 'not_found') return refuseTag(deps, text, digest, attempt)
    return deny(deps, read.reason)
  }
  const presented = { token: read.token, digest }
  if (cached !== undefined && deps.cache.mayAnswer(cached)) {
    deps.counters.cacheHits += 1
    return answer(deps, presented, attempt, cached)
  }
  if (cached !== undefined) {
    deps.counters.cacheStale += 1
    return verifyByReading(deps, presented, attempt)
  }
  deps.counters.cacheMisses += 1
  if (findTagKey(read.token, deps.keyring.keys) === undefined) {
    return refuseTag(deps, text, digest, attempt)
  }
  return verifyByReading(deps, presented, attempt)
}

/**
 * A tag or signature that no key of the ring made. The ring is something known from before too: past
 * the lease it is read again.
 */
function refuseTag(
  deps: Deps,
  text: string,
  digest: string,
  attempt: Attempt,
): Verdict | Promise<Verdict> {
  if (!deps.cache.isLeaseExpired()) return deny(deps, 'not_found')
  return verifyByNewRing(deps, text, digest, attempt)
}

async function verifyByNewRing(
  deps: Deps,
  text: string,
  digest: string,
  attempt: Attempt,
): Promise<Verdict> {
  await deps.keyring.reload()
  const presented = parsePresentedToken(text, deps.keyring.keys)
  if (presented.kind === 'denied') return deny(deps, presented.reason)
  if (findTagKey(presented.token, deps.keyring.keys) === undefined) return deny(deps, 'not_found')
  return verifyByReading(deps, { token: presented.token, digest }, attempt)
}

async function verifyByReading(
  deps: Deps,
  presented: TokenWithDigest,
  attempt: Attempt,
): Promise<Verdict> {
  // A read that somebody else began rests on an older moment than this request. While the cache is
  // silent nobody joins one, and else it counts only if nothing has overtaken it when it is answered.
  const underWay = deps.cache.isLeaseExpired() ? undefined : deps.reads.find(presented.digest)
  const joined = await underWay
  const shared = joined !== undefined && deps.cache.mayAnswer(joined) ? joined : undefined
  const credential = shared ?? (await read(deps, presented))
  if (credential === undefined) return deny(deps, 'not_found')
  return answer(deps, presented, attempt, credential)
}

/** The verdict that a credential gives; its first use ever is recorded before anybody learns of it. */
function answer(
  deps: Deps,
  presented: TokenWithDigest,
  attempt: Attempt,
  credential: CachedCredential,
): Verdict | Promise<Verdict> {
  const now = deps.now()
  const verdict = judge(credential.facts, attempt, now)
  if (isFirstUse(credential, verdict)) {
    return answerFirstUse(deps, presented, attempt, credential)
  }
  return recordVerdict(deps, credential, verdict, attempt, now)
}

async function answerFirstUse(
  deps: Deps,
  presented: TokenWithDigest,
  attempt: Attempt,
  credential: CachedCredential,
): Promise<Verdict> {
  const { id, generation } = credential.facts
  const recorded = await deps.firstUses.share(`${id} ${generation}`, () =>
    recordUse(deps, credential, attempt),
  )
  if (recorded && deps.cache.mayAnswer(credential)) {
    const used = { ...credential, isUsed: true }
    deps.cache.put(presented.digest, used)
    return answer(deps, presented, attempt, used)
  }
  // Used or ended by somebody else, or changed, since it was read: what it is now has its first use
  // recorded, or its end, or is good again and begins anew.
  const again = await read(deps, presented)
  return again === undefined ? deny(deps, 'not_found') : answer(deps, presented, attempt, again)
}

function read(deps: Deps, presented: TokenWithDigest): Promise<CachedCredential | undefined> {
  return deps.reads.start(presented.digest, () => loadCredential(deps, presented))
}

function deny(deps: Deps, reason: DenialReason): Verdict {
  deps.counters.verdicts[reason] += 1
  return { valid: false, reason, key: undefined }
}
