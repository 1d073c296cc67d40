import type { WireAnswer, WireQuestion } from '../../domain/edge/edge-message.ts'
import { parseConditions } from '../../domain/edge/parse-conditions.ts'
import { tokenDigest } from '../../domain/token/digest.ts'
import type { Attempt, Verdict } from '../../domain/verdict.ts'
import { ServiceError } from '../../errors.ts'
import type { CachedCredential } from '../cached-credential.ts'
import type { CredentialCache } from '../credential-cache.ts'
import { recall } from '../resolve.ts'
import { type Announcements, isJudgedAtEdges } from './announcements.ts'

/** The conditions of a question; undefined: they are none. */
export function attemptOf(question: WireQuestion): Attempt | undefined {
  const parsed = parseConditions(question)
  return 'attempt' in parsed ? parsed.attempt : undefined
}

/**
 * What an edge may keep of a token, by what the cache has for it in this step: only what this
 * instance could answer from, and only after the first use of the credential is recorded.
 */
export function tellable(
  cache: Pick<CredentialCache, 'mayAnswer'>,
  known: CachedCredential | undefined,
): CachedCredential | undefined {
  const current = recall(cache, known)
  return current?.isUsed === true ? current : undefined
}

/** The answer to a question, for the step in which it is sent. */
export function answerOf(
  cache: Pick<CredentialCache, 'find' | 'mayAnswer'>,
  announcements: Pick<Announcements, 'factsOf'>,
  verdict: Verdict,
  { token, mayKeep }: { readonly token: string; readonly mayKeep: boolean },
): WireAnswer {
  const reason = verdict.valid ? null : verdict.reason
  const { key } = verdict
  if (key === undefined) return { kind: 'verdict', reason, key: null, mayKeep: false }
  const digest = tokenDigest(token)
  const told = digest === undefined ? undefined : tellable(cache, cache.find(digest))
  const isKept = mayKeep && isJudgedAtEdges(key) && told?.facts === key
  return { kind: 'verdict', reason, key: announcements.factsOf(key), mayKeep: isKept }
}

/** Why a question gets no verdict. */
export function outageOf(error: unknown): WireAnswer {
  const isOverloaded = error instanceof ServiceError && error.code === 'overloaded'
  return { kind: 'no_verdict', cause: isOverloaded ? 'overloaded' : 'unavailable' }
}
