import type { Deps } from '../deps.ts'
import { type Attempt, judge, type Verdict } from '../domain/verdict.ts'
import { recordFirstUses } from '../store/first-uses.ts'
import { untilItWins } from '../store/retry.ts'
import { Resolution } from './batch-resolution.ts'
import type { CachedCredential } from './credential-cache.ts'
import { isFirstUse, recordUse } from './first-use.ts'
import { recordVerdict } from './record-verdict.ts'
import { tokenDigest } from './token-digest.ts'

/** A token as somebody presented it, and what is asked of it. */
export interface BatchAttempt {
  readonly text: string
  readonly attempt: Attempt
}

/** An attempt, and what its verdict rests on: attempts that present the same token share it. */
interface Case {
  readonly attempt: Attempt
  readonly resolution: Resolution
}

/** A verdict that is about to be given, and what it rests on. */
interface Judged {
  readonly attempt: Attempt
  /** None: the token is nobody's. */
  readonly credential: CachedCredential | undefined
  readonly verdict: Verdict
}

/**
 * The verdicts on many attempts, in their order: at once when the cache knows all the tokens; otherwise
 * one statement reads all that it does not know, and one more records the first uses. A token that is
 * presented several times is read and matched once. An outage or an overload that meets any of them is
 * thrown, and then nobody is told anything.
 */
export function verifyBatch(
  deps: Deps,
  attempts: readonly BatchAttempt[],
): readonly Verdict[] | Promise<readonly Verdict[]> {
  const recalled = recallAll(deps, attempts)
  if (recalled !== undefined) return recalled
  const cases = casesOf(deps, attempts)
  const outcome = judgeOrWait(deps, cases)
  return outcome instanceof Promise ? waitAndJudge(deps, cases, outcome) : outcome
}

/** The verdicts, when memory gives all of them: nothing is put together for those that must be waited for. */
function recallAll(deps: Deps, attempts: readonly BatchAttempt[]): readonly Verdict[] | undefined {
  const now = deps.now()
  const judged: Judged[] = []
  for (const { text, attempt } of attempts) {
    const digest = tokenDigest(text)
    const credential = digest === undefined ? undefined : deps.cache.find(digest)
    if (credential === undefined || !deps.cache.mayAnswer(credential)) return undefined
    const verdict = judge(credential.facts, attempt, now)
    if (isFirstUse(credential, verdict)) return undefined
    judged.push({ attempt, credential, verdict })
  }
  deps.counters.cacheHits += judged.length
  return recordVerdicts(deps, judged, now)
}

function recordVerdicts(deps: Deps, judged: readonly Judged[], now: Date): readonly Verdict[] {
  return judged.map(({ attempt, credential, verdict }) =>
    recordVerdict(deps, credential, verdict, attempt, now),
  )
}

function casesOf(deps: Deps, attempts: readonly BatchAttempt[]): readonly Case[] {
  const bases = new Map<string, Resolution>()
  return attempts.map(({ text, attempt }) => {
    const resolution = bases.get(text) ?? new Resolution(deps, text)
    bases.set(text, resolution)
    return { attempt, resolution }
  })
}

/**
 * After each wait everything is looked at again: meanwhile a change may have come or the lease ended.
 * What was overtaken gets a read of its own, which nothing overtakes, so that a few rounds are enough.
 */
async function waitAndJudge(
  deps: Deps,
  cases: readonly Case[],
  first: Promise<unknown>,
): Promise<readonly Verdict[]> {
  await first
  for (;;) {
    const outcome = judgeOrWait(deps, cases)
    if (!(outcome instanceof Promise)) return outcome
    await outcome
  }
}

/** The verdicts, when all can be given in this very step; otherwise what must be waited for. */
function judgeOrWait(deps: Deps, cases: readonly Case[]): readonly Verdict[] | Promise<unknown> {
  const invalidated = new Set<Resolution>()
  for (const { resolution } of cases) if (!resolution.stands()) invalidated.add(resolution)
  if (invalidated.size > 0)
    return Promise.all(Array.from(invalidated, (resolution) => resolution.settle()))

  const now = deps.now()
  const unused = new Map<Resolution, Attempt>()
  const judged: Judged[] = []
  for (const { resolution, attempt } of cases) {
    const verdict = verdictOn(resolution, attempt, now)
    if (verdict.valid && resolution.needsFirstUse) unused.set(resolution, attempt)
    judged.push({ attempt, credential: resolution.credential, verdict })
  }
  if (unused.size > 0) return recordAll(deps, unused, now)
  return recordVerdicts(deps, judged, now)
}

function verdictOn({ credential, denial }: Resolution, attempt: Attempt, now: Date): Verdict {
  if (credential === undefined) return { valid: false, reason: denial, key: undefined }
  return judge(credential.facts, attempt, now)
}

/**
 * First uses ever are recorded before anybody learns of them. A credential that somebody else has used
 * or ended since it was read is read again: by then its first use is recorded, or its end.
 */
async function recordAll(
  deps: Deps,
  unused: ReadonlyMap<Resolution, Attempt>,
  now: Date,
): Promise<void> {
  const plain: { readonly resolution: Resolution; readonly credential: CachedCredential }[] = []
  for (const [resolution, attempt] of unused) {
    const { credential } = resolution
    if (credential === undefined) continue
    if (!credential.retiresOlder) {
      plain.push({ resolution, credential })
      continue
    }
    // It may end others of its key: a change, which overtakes what was read.
    await recordUse(deps, credential, attempt)
    resolution.readAgain(false)
  }
  const names = plain.map(({ credential: { facts } }) => ({
    apiKeyId: facts.id,
    generation: facts.generation,
  }))
  if (names.length === 0) return
  const recorded = await untilItWins(() => recordFirstUses(deps.db, names, now))
  for (const [index, { resolution }] of plain.entries()) {
    if (recorded[index] === true) resolution.keepAsUsed()
    else resolution.readAgain(true)
  }
}
