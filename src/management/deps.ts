import type { ActDeps } from '../acts/deps.ts'
import type { CurrentReads } from '../freshness/current-reads.ts'
import type { Receipts } from '../freshness/receipts.ts'
import type { LongReads } from '../store/long-reads.ts'
import type { FairTurns } from '../verification/fair-turns.ts'
import type { SecretHasher } from '../verification/hashing/hasher.ts'
import type { TagKeyring } from '../verification/tag-keyring.ts'

/**
 * What the commands and the queries of the control plane need; most need only what an act needs.
 */
export interface ManagementDeps extends ActDeps {
  readonly keyring: Pick<TagKeyring, 'keys' | 'signing'>
  readonly hasher: Pick<SecretHasher, 'hash'>
  /** Reads that receipts may rest on. */
  readonly currentReads: Pick<CurrentReads, 'read'>
  readonly receipts: Pick<Receipts, 'waitFor'>
  /** For lists, pages of the audit log and reports. */
  readonly longReads: Pick<LongReads, 'run'>
  /** For synchronous work that a tenant can cause much of. */
  readonly turns: Pick<FairTurns, 'run'>
  /** The prefix of new tokens. */
  readonly tokenPrefix: string
  /** The longest overlap, in seconds, of a key that rotates itself. */
  readonly selfRotationMaxOverlapSeconds: number
  /** The age, in milliseconds, at which a use is known to every instance. */
  readonly usesKnownAfterMs: number
}
