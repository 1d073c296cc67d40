import type { Logger } from 'pino'
import type { CurrentReads } from '../freshness/current-reads.ts'
import type { Counters } from './counters.ts'
import type { CredentialCache } from './credential-cache.ts'
import type { CredentialLoader } from './credential-loader.ts'
import type { DenialBuffer } from './denial-buffer.ts'
import type { FirstUseDeps, FirstUses } from './first-use.ts'
import type { SecretHasher } from './hashing/hasher.ts'
import type { LoadedCredential } from './resolve.ts'
import type { SingleFlight } from './single-flight.ts'
import type { TagKeyring } from './tag-keyring.ts'
import type { UsageBuffer } from './usage-buffer.ts'

/** What a verification needs. The first use of a credential may be an act. */
export interface VerificationDeps extends FirstUseDeps {
  readonly keyring: Pick<TagKeyring, 'keys' | 'signing' | 'reload'>
  readonly hasher: SecretHasher
  readonly cache: CredentialCache
  /** Reads that verdicts may rest on, by connections that nothing else takes. */
  readonly verificationReads: Pick<CurrentReads, 'read'>
  /** Statements that read credentials: one at a time, for all who wait. */
  readonly credentials: CredentialLoader
  /** Credentials that are being loaded and matched. */
  readonly loads: SingleFlight<LoadedCredential>
  readonly firstUses: FirstUses
  readonly uses: UsageBuffer
  readonly denials: DenialBuffer
  readonly counters: Counters
  readonly log: Logger
}
