import type { Logger } from 'pino'
import type { CachedCredential, CredentialCache } from './cache/credential-cache.ts'
import type { Flights } from './cache/flights.ts'
import type { SecretHasher } from './keys/hashing/hasher.ts'
import type { Tallies } from './keys/tallies.ts'
import type { UseRecords } from './keys/use-records.ts'
import type { Database } from './store/database.ts'
import type { TagRing } from './store/tag-keys.ts'

/** All that the use cases need of the world, handed to each as its first argument. */
export interface Deps {
  readonly db: Database
  /** The wall clock of this instance. */
  readonly now: () => Date
  /** The system's CSPRNG. */
  readonly randomBytes: (size: number) => Buffer
  readonly ring: TagRing
  readonly hasher: SecretHasher
  readonly cache: CredentialCache
  /** Credentials being read, and first uses being recorded. */
  readonly reads: Flights<CachedCredential | undefined>
  readonly firstUses: Flights<boolean>
  readonly uses: UseRecords
  readonly tallies: Tallies
  /** The prefix of new tokens. */
  readonly tokenPrefix: string
  readonly log: Logger
}
