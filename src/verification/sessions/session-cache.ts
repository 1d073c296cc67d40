import { LRUCache } from 'lru-cache'
import type { Moment } from '../../domain/protocol/lease.ts'
import type { Epoch, Freshness } from '../../freshness/freshness.ts'
import type { CachedSession } from './cached-session.ts'

/** A session takes less than 2 kB: at most 20 MB. */
const maxSessions = 10_000

/**
 * The sessions that this instance has met, by the SHA-256 of the session token; never a token. The
 * rules are those of the cache of credentials: what a change has invalidated, or no lease covers,
 * answers nothing. A session has two subjects: a change of its key ends what is known of it as
 * surely as its own end does.
 */
export class SessionCache {
  readonly #entries = new LRUCache<string, CachedSession>({ max: maxSessions })
  readonly #freshness: Freshness
  readonly #now: () => Moment

  constructor(freshness: Freshness, now: () => Moment) {
    this.#freshness = freshness
    this.#now = now
  }

  /** The entry of a session token, by its digest. The entry may be stale: ask `mayAnswer`. */
  find(digest: string): CachedSession | undefined {
    return this.#entries.get(digest)
  }

  /** Whether an answer may rest on the entry. Ask in the last synchronous step before answering. */
  mayAnswer({ session, facts, epoch }: CachedSession): boolean {
    return (
      this.#freshness.mayAnswer(epoch, facts, this.#now()) &&
      this.#freshness.mayAnswer(epoch, subjectOf(session, facts), this.#now())
    )
  }

  /** Caches the entry, unless a change has invalidated it or a fresher entry exists. */
  put(digest: string, entry: CachedSession): void {
    const { session, facts, epoch } = entry
    if (!this.#freshness.mayStore(epoch, facts)) return
    if (!this.#freshness.mayStore(epoch, subjectOf(session, facts))) return
    const present = this.#entries.peek(digest)
    if (present !== undefined && present.epoch > epoch) return
    this.#entries.set(digest, entry)
  }

  /** Take the epoch before sending the statement whose result is to be cached. */
  get epoch(): Epoch {
    return this.#freshness.epoch
  }
}

function subjectOf(
  { id }: CachedSession['session'],
  { accountId }: CachedSession['facts'],
): { readonly id: string; readonly accountId: string } {
  return { id, accountId }
}
