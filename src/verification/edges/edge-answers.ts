import type { WireAnswer, WireQuestion } from '../../domain/edge/edge-message.ts'
import { parseConditions } from '../../domain/edge/parse-conditions.ts'
import type { Attempt, Verdict } from '../../domain/verdict.ts'
import { ServiceError } from '../../errors.ts'
import type { CredentialCache } from '../credential-cache.ts'
import { tokenDigest } from '../token-digest.ts'
import { type Announcements, isJudgedAtEdges } from './announcements.ts'

/** The conditions of a question; undefined: they are none. */
export function attemptOf(question: WireQuestion): Attempt | undefined {
  const parsed = parseConditions(question)
  return 'attempt' in parsed ? parsed.attempt : undefined
}

/**
 * The answer to a question, for the step in which it is sent. Facts may be kept only if this
 * instance could answer from the very same entry in this step, and only after the first use of the
 * credential is recorded.
 */
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
  const entry = digest === undefined ? undefined : cache.find(digest)
  const isKept =
    mayKeep &&
    isJudgedAtEdges(key) &&
    entry?.facts === key &&
    entry.isUsed &&
    cache.mayAnswer(entry)
  return { kind: 'verdict', reason, key: announcements.factsOf(key), mayKeep: isKept }
}

/** Why a question gets no verdict. */
export function outageOf(error: unknown): WireAnswer {
  const isOverloaded = error instanceof ServiceError && error.code === 'overloaded'
  return { kind: 'no_verdict', cause: isOverloaded ? 'overloaded' : 'unavailable' }
}
