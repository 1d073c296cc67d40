import { LRUCache } from 'lru-cache'
import type { EpochSubject } from '../../domain/protocol/invalidation-epochs.ts'
import type { Moment } from '../../domain/protocol/lease.ts'
import type { Epoch, Freshness } from '../../freshness/freshness.ts'

/** A session takes less than 2 kB: at most 20 MB. */
const maxSessions = 10_000

/** A session with the facts of its owner, and the epoch from before both were read. */
interface SessionEntry {
  readonly session: { readonly id: string }
  readonly facts: EpochSubject
  readonly epoch: Epoch
}

/**
 * The sessions that this instance has met, by the SHA-256 of the session token; never a token. The
 * rules are those of the cache of credentials: what a change has invalidated, or no lease covers,
 * answers nothing. A session has two subjects: a change of its key or person ends what is known of
 * it as surely as its own end does.
 */
export class SessionCache<Entry extends SessionEntry> {
  readonly #entries = new LRUCache<string, Entry>({ max: maxSessions })
  readonly #freshness: Freshness
  readonly #now: () => Moment

  constructor(freshness: Freshness, now: () => Moment) {
    this.#freshness = freshness
    this.#now = now
  }

  /** The entry of a session token, by its digest. The entry may be stale: ask `mayAnswer`. */
  find(digest: string): Entry | undefined {
    return this.#entries.get(digest)
  }

  /** Whether an answer may rest on the entry. Ask in the last synchronous step before answering. */
  mayAnswer({ session, facts, epoch }: Entry): boolean {
    return (
      this.#freshness.mayAnswer(epoch, facts, this.#now()) &&
      this.#freshness.mayAnswer(epoch, subjectOf(session, facts), this.#now())
    )
  }

  /** Caches the entry, unless a change has invalidated it or a fresher entry exists. */
  put(digest: string, entry: Entry): void {
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

function subjectOf({ id }: SessionEntry['session'], { accountId }: EpochSubject): EpochSubject {
  return { id, accountId }
}
