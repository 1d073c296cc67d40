import { tokenDigest } from '../domain/token/digest.ts'
import { type Attempt, judge, type Verdict } from '../domain/verdict.ts'
import type { CachedCredential } from './cached-credential.ts'
import type { VerificationDeps } from './deps.ts'
import { isFirstUse } from './first-use.ts'
import { beginResolution, satisfy } from './pump.ts'
import { recordRefusal, recordVerdict } from './record-verdict.ts'
import { type RefusalCause, type Resolution, recall } from './resolve.ts'

/** One attempt of a batch: the presented text, and the conditions to judge it by. */
export interface BatchAttempt {
  readonly text: string
  readonly attempt: Attempt
}

/** An attempt and its resolution, which attempts with the same token share. */
interface Case {
  readonly attempt: Attempt
  /** Undefined for a text that is longer than any token. */
  readonly resolution: Resolution | undefined
}

/** A verdict that is about to be given. */
interface Judged {
  readonly attempt: Attempt
  readonly credential: CachedCredential | undefined
  readonly cause: RefusalCause | undefined
  readonly verdict: Verdict | undefined
}

/**
 * The verdicts on many attempts, in their order: at once when the cache knows all the tokens;
 * otherwise one statement loads all that it does not know, and one more records the first uses. A
 * token that is presented several times is loaded and matched once. An outage or an overload that
 * meets any of the attempts is thrown, and then no verdict is given.
 */
export function verifyBatch(
  deps: VerificationDeps,
  attempts: readonly BatchAttempt[],
): readonly Verdict[] | Promise<readonly Verdict[]> {
  return recallAll(deps, attempts) ?? answerAll(deps, casesOf(deps, attempts))
}

/** The verdicts, if memory gives all of them: no resolution is made. */
function recallAll(
  deps: VerificationDeps,
  attempts: readonly BatchAttempt[],
): readonly Verdict[] | undefined {
  const now = deps.now()
  const judged: Judged[] = []
  for (const { text, attempt } of attempts) {
    const digest = tokenDigest(text)
    const credential =
      digest === undefined ? undefined : recall(deps.cache, deps.cache.find(digest))
    if (credential === undefined) return undefined
    const verdict = judge(credential.facts, attempt, now)
    if (isFirstUse(credential, verdict)) return undefined
    judged.push({ attempt, credential, cause: undefined, verdict })
  }
  deps.counters.cacheHits += judged.length
  return recordAll(deps, judged, now)
}

function casesOf(deps: VerificationDeps, attempts: readonly BatchAttempt[]): readonly Case[] {
  const resolutions = new Map<string, Resolution>()
  return attempts.map(({ text, attempt }) => {
    const digest = tokenDigest(text)
    if (digest === undefined) return { attempt, resolution: undefined }
    const resolution =
      resolutions.get(digest) ?? beginResolution(deps, text, digest, deps.cache.find(digest))
    resolutions.set(digest, resolution)
    return { attempt, resolution }
  })
}

/**
 * The verdicts, once all can be given in one step; the resolutions are checked again after each
 * wait.
 */
function answerAll(
  deps: VerificationDeps,
  cases: readonly Case[],
): readonly Verdict[] | Promise<readonly Verdict[]> {
  const waiting = new Set<Resolution>()
  for (const { resolution } of cases) {
    if (resolution !== undefined && !resolution.stands()) waiting.add(resolution)
  }
  if (waiting.size > 0) {
    return Promise.all(Array.from(waiting, (resolution) => satisfy(deps, resolution))).then(() =>
      answerAll(deps, cases),
    )
  }
  const now = deps.now()
  const judged = cases.map(({ attempt, resolution }) => judgeCase(attempt, resolution, now))
  const unused = new Map<Resolution, Judged>()
  for (const [index, { resolution }] of cases.entries()) {
    const one = judged[index]
    if (one?.verdict?.valid && resolution?.needsFirstUse) unused.set(resolution, one)
  }
  if (unused.size === 0) return recordAll(deps, judged, now)
  return settleFirstUses(deps, unused).then(() => answerAll(deps, cases))
}

function judgeCase(attempt: Attempt, resolution: Resolution | undefined, now: Date): Judged {
  const credential = resolution?.credential
  const cause = resolution === undefined ? 'malformed' : resolution.cause
  const verdict = credential && judge(credential.facts, attempt, now)
  return { attempt, credential, cause, verdict }
}

/**
 * First uses that share a statement are recorded together; each that may end an older credential is
 * an act of its own.
 */
async function settleFirstUses(
  deps: VerificationDeps,
  unused: ReadonlyMap<Resolution, Judged>,
): Promise<void> {
  const shared: Promise<void>[] = []
  for (const [resolution, { credential, attempt }] of unused) {
    if (credential === undefined) continue
    const settled = deps.firstUses.settle(deps, resolution, credential, attempt)
    if (credential.retiresOlder) await settled
    else shared.push(settled)
  }
  await Promise.all(shared)
}

function recordAll(
  deps: VerificationDeps,
  judged: readonly Judged[],
  now: Date,
): readonly Verdict[] {
  return judged.map(({ attempt, credential, cause, verdict }) =>
    verdict === undefined
      ? recordRefusal(deps, cause)
      : recordVerdict(deps, credential, verdict, attempt, now),
  )
}
