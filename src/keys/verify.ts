import { hash as digestOf } from 'node:crypto'
import type { CachedCredential } from '../cache/credential-cache.ts'
import type { Deps } from '../deps.ts'
import { readPresentedToken } from '../domain/presented-token.ts'
import { findTagKey } from '../domain/tag.ts'
import { type Attempt, type DenialReason, judge, type Verdict } from '../domain/verdict.ts'
import { recordFirstUse } from '../store/first-uses.ts'
import { conclude } from './conclude.ts'
import { acceptsDigest, type Presented, readCredential, referenceOf } from './read-credential.ts'

/**
 * Whether a presented token is good for an attempt: at once when the cache knows it, and otherwise by
 * one statement and one Argon2. A denial is data; an outage is thrown, and never taken for a denial.
 *
 * `text` is whatever the caller presented.
 */
export function verify(deps: Deps, text: string, attempt: Attempt): Verdict | Promise<Verdict> {
  const presented = readPresentedToken(text, deps.ring.keys)
  if (presented.kind === 'denied') {
    if (presented.reason === 'not_found') return refuseTag(deps, text, attempt)
    return deny(deps, presented.reason)
  }
  const digest = digestOf('sha256', text, 'base64url')
  const cached = deps.cache.find(referenceOf(presented.token))
  const known = cached !== undefined && acceptsDigest(cached, digest)
  if (known && deps.cache.mayAnswer(cached)) {
    deps.tallies.cacheHits += 1
    return answer(deps, { token: presented.token, digest }, attempt, cached)
  }
  if (known) {
    deps.tallies.cacheStale += 1
    return verifyByReading(deps, { token: presented.token, digest }, attempt)
  }
  deps.tallies.cacheMisses += 1
  if (findTagKey(presented.token, deps.ring.keys) === undefined) {
    return refuseTag(deps, text, attempt)
  }
  return verifyByReading(deps, { token: presented.token, digest }, attempt)
}

/**
 * A tag or signature that no key of the ring made. The ring is something known from before too: past
 * the lease it is read again.
 */
function refuseTag(deps: Deps, text: string, attempt: Attempt): Verdict | Promise<Verdict> {
  if (!deps.cache.isSilent()) return deny(deps, 'not_found')
  return verifyByNewRing(deps, text, attempt)
}

async function verifyByNewRing(deps: Deps, text: string, attempt: Attempt): Promise<Verdict> {
  await deps.ring.reload()
  const presented = readPresentedToken(text, deps.ring.keys)
  if (presented.kind === 'denied') return deny(deps, presented.reason)
  if (findTagKey(presented.token, deps.ring.keys) === undefined) return deny(deps, 'not_found')
  const digest = digestOf('sha256', text, 'base64url')
  return verifyByReading(deps, { token: presented.token, digest }, attempt)
}

async function verifyByReading(
  deps: Deps,
  presented: Presented,
  attempt: Attempt,
): Promise<Verdict> {
  // A read that somebody else began rests on an older moment than this request. While the cache is
  // silent nobody joins one, and else it counts only if nothing has overtaken it when it is answered.
  const underWay = deps.cache.isSilent() ? undefined : deps.reads.find(presented.digest)
  const joined = await underWay
  const shared = joined !== undefined && deps.cache.mayAnswer(joined) ? joined : undefined
  const credential = shared ?? (await read(deps, presented))
  if (credential === undefined) return deny(deps, 'not_found')
  return answer(deps, presented, attempt, credential)
}

/** The verdict that a credential gives; its first use ever is recorded before anybody learns of it. */
function answer(
  deps: Deps,
  presented: Presented,
  attempt: Attempt,
  credential: CachedCredential,
): Verdict | Promise<Verdict> {
  const verdict = judge(credential.facts, attempt, deps.now())
  if (verdict.valid && !credential.isUsed) {
    return answerFirstUse(deps, presented, attempt, credential)
  }
  return conclude(deps, verdict)
}

async function answerFirstUse(
  deps: Deps,
  presented: Presented,
  attempt: Attempt,
  credential: CachedCredential,
): Promise<Verdict> {
  const { id, generation } = credential.facts
  const recorded = await deps.firstUses.share(`${id} ${generation}`, () =>
    recordFirstUse(deps.db, id, generation, deps.now()),
  )
  if (recorded && deps.cache.mayAnswer(credential)) {
    const used = { ...credential, isUsed: true }
    deps.cache.put(referenceOf(presented.token), used)
    return answer(deps, presented, attempt, used)
  }
  // Used or ended by somebody else, or changed, since it was read: what it is now has its first use recorded, or its end.
  const again = await read(deps, presented)
  if (again === undefined) return deny(deps, 'not_found')
  return conclude(deps, judge(again.facts, attempt, deps.now()))
}

function read(deps: Deps, presented: Presented): Promise<CachedCredential | undefined> {
  return deps.reads.start(presented.digest, () => readCredential(deps, presented))
}

function deny(deps: Deps, reason: DenialReason): Verdict {
  return conclude(deps, { valid: false, reason, key: undefined })
}
