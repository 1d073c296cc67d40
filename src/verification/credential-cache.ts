import { LRUCache } from 'lru-cache'
import type { UsageCounts } from '../domain/key/usage-counts.ts'
import type { KeyFacts } from '../domain/verdict.ts'
import type { Epoch, Freshness } from '../freshness/freshness.ts'
import type { EpochSubject } from '../freshness/invalidation-epochs.ts'
import type { Moment } from '../freshness/lease.ts'

/** A credential whose secret was matched, and the facts of its key as they were read then. */
export interface CachedCredential {
  readonly facts: KeyFacts
  /** The hash that the secret matched: while the stored one is the same, a known digest needs no Argon2. */
  readonly hash: string
  /** Whether its first use is recorded. */
  readonly isUsed: boolean
  /** Whether its first use may end older ones of the key. */
  readonly retiresOlder: boolean
  /** What of its uses is not written yet. */
  readonly uses: UsageCounts
  /** From before the read was sent. */
  readonly epoch: Epoch
}

/**
 * The hot keys, bounded by number: one entry for each token string that was accepted, by its SHA-256 as
 * base64url, and never a token. How far a digest agrees with another may show in the time: of 256 random
 * bits it tells nothing. A text takes 56 bytes where a buffer takes 300, and a third of the time to make.
 *
 * An entry that a change has overtaken, or that no lease covers, answers nothing, but stays, so that
 * checking again costs one statement and no Argon2.
 */
export class CredentialCache {
  readonly #entries: LRUCache<string, CachedCredential>
  readonly #freshness: Freshness
  readonly #now: () => Moment
  #evictions = 0
  #fenced = 0

  constructor(maxEntries: number, freshness: Freshness, now: () => Moment) {
    this.#freshness = freshness
    this.#now = now
    this.#entries = new LRUCache({
      max: maxEntries,
      dispose: (_entry, _digest, reason) => {
        if (reason === 'evict') this.#evictions += 1
      },
    })
  }

  get size(): number {
    return this.#entries.size
  }

  get evictions(): number {
    return this.#evictions
  }

  /** Reads that were not kept because a change had overtaken them, or no lease was there yet. */
  get fenced(): number {
    return this.#fenced
  }

  /** Take it before the statement is sent whose result is to be put. */
  get epoch(): Epoch {
    return this.#freshness.epoch
  }

  /** Whether the lease has lapsed: then nothing is answered from memory, and nobody joins a read already sent. */
  isLeaseExpired(): boolean {
    return !this.#freshness.holdsLease(this.#now())
  }

  /** The clock of leases. */
  monotonicMs(): number {
    return this.#now().monotonic
  }

  /** How long answers may come from memory yet, in milliseconds. */
  leaseRemainingMs(): number {
    return this.#freshness.leaseRemaining(this.#now())
  }

  /**
   * The entry of a token string, by its digest; perhaps overtaken: ask mayAnswer.
   *
   * Which was used last is not noted before the cache is half full. Whatever is in use will be asked for
   * again before the other half is, and noting it took 2 us of a verification among 10,000 keys.
   */
  find(digest: string): CachedCredential | undefined {
    const entries = this.#entries
    return entries.size * 2 < entries.max ? entries.peek(digest) : entries.get(digest)
  }

  /** Whether an answer may rest on the entry. Ask at the last synchronous step before answering. */
  mayAnswer(entry: CachedCredential): boolean {
    return this.isCurrent(entry.epoch, entry.facts)
  }

  /** Whether what was known of a key at such a place is known to be so now: the lease holds, and no change names it since. */
  isCurrent(epoch: Epoch, of: EpochSubject): boolean {
    return this.#freshness.mayAnswer(epoch, of, this.#now())
  }

  /** Keeps the entry, unless a change has overtaken it or a fresher one is there. */
  put(digest: string, entry: CachedCredential): void {
    if (!this.#freshness.mayStore(entry.epoch, entry.facts)) {
      this.#fenced += 1
      return
    }
    const present = this.#entries.peek(digest)
    if (present !== undefined && present.epoch > entry.epoch) return
    this.#entries.set(digest, entry)
  }

  /** Forgets everything; what is being read is not kept either. */
  clear(): void {
    this.#freshness.invalidate([{ kind: 'everything' }])
    this.#entries.clear()
  }
}
