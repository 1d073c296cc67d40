import { hash, verify } from '@node-rs/argon2'
import { ServiceError } from '../../errors.ts'
import type { Pepper, Peppers } from './peppers.ts'
import { type HashProfile, isAffordable } from './profile.ts'
import type { WorkQueue } from './work-queue.ts'

/** What is stored of a secret. */
export interface SecretHash {
  /** Argon2id in PHC form. */
  readonly hash: string
  readonly hashProfile: number
  readonly pepperId: string | null
}

/**
 * Hashes secrets and compares them, off the event loop, never more at once than the queue allows, and
 * the accounts in turn.
 */
export interface SecretHasher {
  /** For new hashes. */
  readonly profile: HashProfile
  readonly queue: WorkQueue
  hash(accountId: string, secret: string): Promise<SecretHash>
  /** Whether this instance has the pepper that the hash was made with. */
  knowsPepperOf(stored: SecretHash): boolean
  /**
   * Whether the secret is the one that was hashed. A stored hash that is beyond our bounds matches
   * nothing. Throws `unavailable` when the pepper is not at hand: that is no denial.
   */
  matches(accountId: string, stored: SecretHash, secret: string): Promise<boolean>
}

export interface HasherOptions {
  readonly profile: HashProfile
  readonly peppers: Peppers
  readonly queue: WorkQueue
  readonly randomBytes: (size: number) => Buffer
}

export function createSecretHasher(options: HasherOptions): SecretHasher {
  const { profile, peppers, queue } = options
  return {
    profile,
    queue,
    hash(accountId, secret) {
      const salt = options.randomBytes(16)
      return queue.run(accountId, async () => ({
        hash: await hash(secret, { ...costOf(profile), salt, ...pepperOption(peppers.current) }),
        hashProfile: profile.version,
        pepperId: peppers.current?.id ?? null,
      }))
    },
    knowsPepperOf: ({ pepperId }) => pepperId === null || peppers.byId.has(pepperId),
    async matches(accountId, stored, secret) {
      if (!isAffordable(stored.hash)) return false
      const pepper = stored.pepperId === null ? undefined : peppers.byId.get(stored.pepperId)
      if (stored.pepperId !== null && pepper === undefined) {
        // The start-up check has seen all that were in use; another instance introduced this one since.
        throw new ServiceError(
          'unavailable',
          `PEPPER_FILE of this instance lacks the pepper ${stored.pepperId}.`,
        )
      }
      return queue.run(accountId, () => verify(stored.hash, secret, pepperOption(pepper)))
    },
  }
}

/** Argon2id is the library's default algorithm; the database refuses any other. */
function costOf(profile: HashProfile) {
  return {
    memoryCost: profile.memoryCost,
    timeCost: profile.timeCost,
    parallelism: profile.parallelism,
  }
}

function pepperOption(pepper: Pepper | undefined): { secret?: Buffer } {
  return pepper === undefined ? {} : { secret: pepper.secret }
}
