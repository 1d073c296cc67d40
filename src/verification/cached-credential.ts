import type { UsageCounts } from '../domain/key/usage-counts.ts'
import type { KeyFacts } from '../domain/verdict.ts'
import type { Epoch } from '../freshness/freshness.ts'

/** A credential whose secret matched, with the facts of its key as they were loaded then. */
export interface CachedCredential {
  readonly facts: KeyFacts
  /**
   * The hash that the secret matched: while the stored hash is the same, a known digest needs no
   * Argon2.
   */
  readonly hash: string
  /** Whether its first use is recorded. */
  readonly isUsed: boolean
  /** Whether its first use may end older credentials of the key. */
  readonly retiresOlder: boolean
  /** The uses that are not written to the database yet. */
  readonly uses: UsageCounts
  /** The epoch from before the load was sent. */
  readonly epoch: Epoch
}
