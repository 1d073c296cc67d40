import { isExpired } from '../domain/key/api-key.ts'
import { isOver } from '../domain/key/rotation.ts'
import { endOfMembership, type UserFacts } from '../domain/person/user.ts'
import type { SessionRef } from '../domain/principal.ts'
import type { KeyFacts } from '../domain/verdict.ts'
import type { CredentialCache } from './credential-cache.ts'

/** What tells how current a caller is. */
interface CurrencyDeps {
  readonly cache: Pick<CredentialCache, 'isCurrent' | 'isLeaseExpired' | 'monotonicMs'>
  readonly now: () => Date
}

/** An authenticated caller: a key, or a person. */
export type Caller = KeyCaller | UserCaller

export interface KeyCaller extends CallerAge {
  readonly key: KeyFacts
}

export interface UserCaller extends CallerAge {
  readonly user: UserFacts
}

/** How old the facts of a caller are. */
interface CallerAge {
  /** The session by which it acts, if any. */
  readonly session?: SessionRef | undefined
  /** The epoch from before its facts were loaded. */
  readonly epoch: number
  /**
   * When the facts were loaded for this very request, on the monotonic clock; undefined: they were
   * cached.
   */
  readonly readAt: number | undefined
}

/**
 * Past the lease no changes arrive, and each check of a caller is a statement. A caller that was
 * loaded for this very request within this time is not loaded again: an answer may be under way for
 * as long.
 */
const readCountsForMs = 1_000

/**
 * Whether a caller that was authenticated would still be: a request may wait for its body, for
 * the database or for Argon2, and its key may be revoked or its person removed meanwhile. Ask in
 * the last synchronous step before the answer. The address and the requested permissions cannot
 * change, so that only changes and time count.
 */
export function isCurrent(deps: CurrencyDeps, caller: Caller): boolean {
  const { epoch, session } = caller
  if (!deps.cache.isCurrent(epoch, factsOf(caller)) && !wasJustRead(deps, caller)) return false
  if (session !== undefined && !isSessionCurrent(deps, caller, session)) return false
  if ('user' in caller) return endOfMembership(caller.user, deps.now()) === undefined
  const { key } = caller
  if (key.expiresAt === null && key.endsAt === null) return true
  const now = deps.now()
  return !isExpired(key, now) && !isOver(key, now)
}

function factsOf(caller: Caller): KeyFacts | UserFacts {
  return 'user' in caller ? caller.user : caller.key
}

/** A session may end while its owner goes on. */
function isSessionCurrent(
  deps: CurrencyDeps,
  caller: Caller,
  { id, expiresAt }: SessionRef,
): boolean {
  if (expiresAt <= deps.now()) return false
  const { epoch } = caller
  const subject = { id, accountId: factsOf(caller).accountId }
  return deps.cache.isCurrent(epoch, subject) || wasJustRead(deps, caller)
}

/**
 * Under a lease, a load that an applied change has invalidated never counts, however recent it is.
 */
function wasJustRead({ cache }: Pick<CurrencyDeps, 'cache'>, { readAt }: Caller): boolean {
  if (readAt === undefined || !cache.isLeaseExpired()) return false
  return cache.monotonicMs() - readAt < readCountsForMs
}

/** The parts of an answer that needs a current caller. */
export interface Answering<Answer> {
  /** The authenticated caller; undefined: there is none that could be revoked. */
  caller(): Caller | undefined
  /**
   * Authenticates the caller again, from memory or by a load that is sent now. Throws when it is
   * refused.
   */
  admit(): Promise<void> | undefined
  /**
   * Makes an answer that judges a token again, so that the verdict is as fresh as its caller;
   * absent: the answer is kept.
   */
  judge?: (() => Answer | Promise<Answer>) | undefined
}

/**
 * The answer, once its caller is found current in the last step. While the lease holds, the verdict
 * and its caller are judged in one synchronous step; past it, both rest on loads of this very
 * request.
 */
export async function answerToCurrent<Answer>(
  deps: CurrencyDeps,
  { caller, admit, judge }: Answering<Answer>,
  first: Answer,
): Promise<Answer> {
  let answer = first
  for (;;) {
    const asking = caller()
    if (asking === undefined || isCurrent(deps, asking)) return answer
    await admit()
    if (judge === undefined || deps.cache.isLeaseExpired()) return answer
    answer = await judge()
  }
}
