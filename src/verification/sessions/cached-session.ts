import type { UsageCounts } from '../../domain/key/usage-counts.ts'
import type { SessionState } from '../../domain/session/session.ts'
import type { KeyFacts } from '../../domain/verdict.ts'
import type { Epoch } from '../../freshness/freshness.ts'

/** A session whose token matched, with the facts of its key as they were loaded then. */
export interface CachedSession {
  readonly session: SessionState & { readonly id: string }
  readonly facts: KeyFacts
  /** The uses of its key that are not written to the database yet. */
  readonly uses: UsageCounts
  /** The epoch from before the load was sent. */
  readonly epoch: Epoch
}
