import { LRUCache } from 'lru-cache'
import type { EpochSubject } from '../domain/protocol/invalidation-epochs.ts'
import type { Moment } from '../domain/protocol/lease.ts'
import type { Epoch, Freshness } from '../freshness/freshness.ts'
import { CacheBytes } from './cache-bytes.ts'
import type { CachedCredential } from './cached-credential.ts'

/**
 * The cache of hot keys, bounded by number and by bytes: one entry for each accepted token string,
 * by the string's SHA-256 as base64url; never a token. A lookup may leak by its timing how far two
 * digests agree, which reveals nothing about 256 random bits. A text takes 56 bytes where a buffer
 * takes 300, and a third of the time to make.
 *
 * An entry that a change has invalidated, or that no lease covers, answers nothing, but stays, so
 * that checking it again costs one statement and no Argon2.
 */
export class CredentialCache {
  readonly #entries: LRUCache<string, CachedCredential>
  readonly #freshness: Freshness
  readonly #now: () => Moment
  readonly #maxBytes: number
  readonly #bytes = new CacheBytes()
  #evictions = 0
  #staleLoads = 0

  constructor(
    maxEntries: number,
    freshness: Freshness,
    now: () => Moment,
    maxBytes = Number.POSITIVE_INFINITY,
  ) {
    this.#maxBytes = maxBytes
    this.#freshness = freshness
    this.#now = now
    this.#entries = new LRUCache({
      max: maxEntries,
      dispose: (entry, _digest, reason) => {
        this.#bytes.remove(entry)
        if (reason === 'evict') this.#evictions += 1
      },
    })
  }

  get size(): number {
    return this.#entries.size
  }

  /** How much memory the entries take, by estimate. */
  get bytes(): number {
    return this.#bytes.total
  }

  get evictions(): number {
    return this.#evictions
  }

  /**
   * Loads that were not cached, because a change had invalidated them or there was no lease yet.
   */
  get staleLoads(): number {
    return this.#staleLoads
  }

  /** Take the epoch before sending the statement whose result is to be cached. */
  get epoch(): Epoch {
    return this.#freshness.epoch
  }

  /**
   * Whether the lease has expired: memory then answers nothing, and nobody joins a load that was
   * sent before.
   */
  isLeaseExpired(): boolean {
    return !this.#freshness.holdsLease(this.#now())
  }

  /** The monotonic clock of leases, in milliseconds. */
  monotonicMs(): number {
    return this.#now().monotonic
  }

  /** How long memory may still answer, in milliseconds. */
  leaseRemainingMs(): number {
    return this.#freshness.leaseRemaining(this.#now())
  }

  /**
   * The entry of a token string, by its digest. The entry may be stale: ask `mayAnswer`.
   *
   * Recency is not recorded before the cache is half full: an entry in use will be asked for again
   * before the other half fills, and recording took 2 us of a verification among 10,000 keys.
   */
  find(digest: string): CachedCredential | undefined {
    const entries = this.#entries
    const isHalfFull = entries.size * 2 >= entries.max || this.#bytes.total * 2 >= this.#maxBytes
    return isHalfFull ? entries.get(digest) : entries.peek(digest)
  }

  /** Whether an answer may rest on the entry. Ask in the last synchronous step before answering. */
  mayAnswer(entry: CachedCredential): boolean {
    return this.isCurrent(entry.epoch, entry.facts)
  }

  /**
   * Whether facts of a key from this epoch are still current: the lease holds, and no later change
   * names the key.
   */
  isCurrent(epoch: Epoch, of: EpochSubject): boolean {
    return this.#freshness.mayAnswer(epoch, of, this.#now())
  }

  /** Caches the entry, unless a change has invalidated it or a fresher entry exists. */
  put(digest: string, entry: CachedCredential): void {
    if (!this.#freshness.mayStore(entry.epoch, entry.facts)) {
      this.#staleLoads += 1
      return
    }
    const present = this.#entries.peek(digest)
    if (present === entry || (present !== undefined && present.epoch > entry.epoch)) return
    this.#bytes.add(entry)
    this.#entries.set(digest, entry)
    while (this.#bytes.total > this.#maxBytes) this.#entries.pop()
  }

  /** Empties the cache; loads that are under way are not cached either. */
  clear(): void {
    this.#freshness.invalidate([{ kind: 'everything' }])
    this.#entries.clear()
  }
}
