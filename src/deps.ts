import type { Logger } from 'pino'
import type { AuditKeys } from './domain/audit/audit-key.ts'
import type { ChainHead } from './domain/audit/entry-hash.ts'
import type { CurrentReads } from './freshness/current-reads.ts'
import type { Freshness } from './freshness/freshness.ts'
import type { Receipts } from './freshness/receipts.ts'
import type { Database } from './store/database.ts'
import type { Counters } from './verification/counters.ts'
import type { CredentialCache } from './verification/credential-cache.ts'
import type { DenialBuffer } from './verification/denial-buffer.ts'
import type { FirstUses } from './verification/first-use.ts'
import type { SecretHasher } from './verification/hashing/hasher.ts'
import type { CredentialLoader } from './verification/load-credential.ts'
import type { LoadedCredential } from './verification/resolve.ts'
import type { SingleFlight } from './verification/single-flight.ts'
import type { TagKeyring } from './verification/tag-keyring.ts'
import type { UsageBuffer } from './verification/usage-buffer.ts'

/** All that the use cases need of the world, handed to each as its first argument. */
export interface Deps {
  readonly db: Database
  /** The wall clock of this instance. */
  readonly now: () => Date
  /** The system's CSPRNG. */
  readonly randomBytes: (size: number) => Buffer
  readonly keyring: Pick<TagKeyring, 'keys' | 'signing' | 'reload'>
  readonly hasher: SecretHasher
  /** What the links of the audit trail are keyed with. */
  readonly auditKeys: AuditKeys
  /** Where the chains of some accounts ended when this instance last wrote to them. */
  readonly chainHeads: Pick<Map<string, ChainHead>, 'get'> & {
    set(accountId: string, head: ChainHead): unknown
  }
  readonly cache: CredentialCache
  readonly freshness: Freshness
  /** Reads that verdicts and receipts may rest on. */
  readonly currentReads: Pick<CurrentReads, 'read'>
  readonly receipts: Pick<Receipts, 'waitFor'>
  /** How the change feed is doing. */
  readonly feed: {
    readonly lagMs: number
    readonly rounds: number
    readonly refusedConnections: number
  }
  /** Whether the database knows NOTIFY. */
  readonly notifies: boolean
  /** Statements that read credentials: one at a time, for all who wait. */
  readonly credentials: CredentialLoader
  /** Credentials that are being loaded and matched. */
  readonly loads: SingleFlight<LoadedCredential>
  readonly firstUses: FirstUses
  readonly uses: UsageBuffer
  /** After so long a use is written down, and no other verdict rests on an older state. */
  readonly usesKnownAfterMs: number
  readonly denials: DenialBuffer
  /** How many keys expire within so many days, as this instance counted last; for the metrics. */
  readonly expiring: { within: ReadonlyMap<number, number> }
  readonly counters: Counters
  /** The prefix of new tokens. */
  readonly tokenPrefix: string
  /** How long a key that rotates itself may keep its old token. */
  readonly selfRotationMaxOverlapSeconds: number
  /** How long before its expiry a key is told to end soon, in milliseconds. */
  readonly expiryWarningMs: number
  readonly log: Logger
}
