import { LRUCache } from 'lru-cache'
import type { KeyFacts } from '../domain/verdict.ts'
import type { Change } from './change.ts'
import { Fence } from './fence.ts'

/** A credential whose secret was matched, and the facts of its key as they were read then. */
export interface CachedCredential {
  readonly facts: KeyFacts
  /** The hash that the secret matched: while the stored one is the same, a known digest needs no Argon2. */
  readonly hash: string
  /** SHA-256 of each whole token string that was accepted, the latest first. Never a token. */
  readonly digests: readonly Buffer[]
  /** Whether its first use is recorded. */
  readonly isUsed: boolean
  /** The place in the order of changes before the read was sent. */
  readonly stamp: number
}

/** A token string has two forms, native and JWT, and so at most two digests. */
export const maxDigests = 2

const maxRememberedChanges = 10_000

/**
 * The hot keys: one entry a credential, bounded by number. An entry that a change has overtaken
 * answers nothing, but stays, so that checking again costs one statement and no Argon2.
 */
export class CredentialCache {
  readonly #entries: LRUCache<string, CachedCredential>
  readonly #fence = new Fence(maxRememberedChanges)
  #evictions = 0

  constructor(maxEntries: number) {
    this.#entries = new LRUCache({
      max: maxEntries,
      dispose: (_entry, _reference, reason) => {
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

  /** Take it before the statement is sent whose result is to be put. */
  get stamp(): number {
    return this.#fence.stamp
  }

  /** The entry of a credential, by its key id and tag; perhaps overtaken: ask isCurrent. */
  find(reference: string): CachedCredential | undefined {
    return this.#entries.get(reference)
  }

  /** Whether no change has overtaken what the entry was read from. Ask at the last synchronous step before answering. */
  isCurrent(entry: CachedCredential): boolean {
    return this.#fence.isCurrent(entry.stamp, {
      keyId: entry.facts.id,
      accountId: entry.facts.accountId,
    })
  }

  /** Keeps the entry, unless a change has overtaken it or a fresher one is there. */
  put(reference: string, entry: CachedCredential): void {
    if (!this.isCurrent(entry)) return
    const present = this.#entries.peek(reference)
    if (present !== undefined && present.stamp > entry.stamp) return
    this.#entries.set(detached(reference), entry)
  }

  apply(changes: readonly Change[]): void {
    this.#fence.apply(changes)
  }

  /** Forgets everything; no read under way is kept either. */
  clear(): void {
    this.#fence.overtakeAll()
    this.#entries.clear()
  }
}

/**
 * A copy that shares no memory with the text it was cut from. V8 keeps the whole string alive that a
 * slice came from, and that string is a token.
 */
function detached(reference: string): string {
  return Buffer.from(reference, 'latin1').toString('latin1')
}
