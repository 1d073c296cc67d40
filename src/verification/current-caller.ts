import type { Deps } from '../deps.ts'
import { isExpired } from '../domain/key/api-key.ts'
import { isOver } from '../domain/key/rotation.ts'
import type { KeyFacts } from '../domain/verdict.ts'

/** A key that was let in, and from when its verdict is. */
export interface Caller {
  readonly key: KeyFacts
  /** The place in the order of changes as of which it is known. */
  readonly epoch: number
  /** When it was read for this very request, by the monotonic clock; undefined: it was in memory. */
  readonly readAt: number | undefined
}

/**
 * Past the lease nothing tells of changes, and each look at a caller is a statement. One that was read
 * for this very request so short a time ago is not read again: an answer may be under way for as long.
 */
const readCountsForMs = 1_000

/**
 * Whether a caller that was let in would be let in now: a request may wait for its body, for the
 * database or for Argon2, and its key be revoked meanwhile. Ask at the last synchronous step before the
 * answer. Its address and what it asks for are what they were, so that only changes and time count.
 */
export function isCurrent(deps: Pick<Deps, 'cache' | 'now'>, caller: Caller): boolean {
  const { key, epoch } = caller
  if (!deps.cache.isCurrent(epoch, key) && !wasJustRead(deps, caller)) return false
  if (key.expiresAt === null && key.endsAt === null) return true
  const now = deps.now()
  return !isExpired(key, now) && !isOver(key, now)
}

/** While a lease holds no read counts that an applied change has overtaken, however short it is ago. */
function wasJustRead({ cache }: Pick<Deps, 'cache'>, { readAt }: Caller): boolean {
  if (readAt === undefined || !cache.isLeaseExpired()) return false
  return cache.monotonicMs() - readAt < readCountsForMs
}

/** How an answer comes about. */
export interface Answering<Answer> {
  /** Who is let in; undefined: nobody that could be revoked. */
  caller(): Caller | undefined
  /** Lets the caller in again, by memory or by a read that is sent now. Throws for one that is refused. */
  admit(): Promise<void> | undefined
  /** Gives an answer that judges a token again, so that it is as fresh as its caller; others keep. */
  judge?: (() => Answer | Promise<Answer>) | undefined
}

/**
 * The answer to give once its caller is found good at the last step. While the lease holds, a verdict
 * and its caller are judged in one synchronous step; past it, both rest on reads of this very request.
 */
export async function answerToCurrent<Answer>(
  deps: Pick<Deps, 'cache' | 'now'>,
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
