import { hash, verify } from '@node-rs/argon2'
import { ServiceError } from '../../errors.ts'
import type { Pepper, Peppers } from './peppers.ts'
import { type HashProfile, isAffordable } from './profile.ts'
import type { WorkQueue } from './work-queue.ts'

/** The stored form of a secret. */
export interface SecretHash {
  /** Argon2id in PHC form. */
  readonly hash: string
  readonly hashProfile: number
  readonly pepperId: string | null
}

/**
 * Hashes and compares secrets off the event loop, with the concurrency of the queue, the accounts
 * in turn.
 */
export interface SecretHasher {
  /** The profile of new hashes. */
  readonly profile: HashProfile
  readonly queue: WorkQueue
  hash(accountId: string, secret: string): Promise<SecretHash>
  /** Whether this instance has the pepper of the hash. */
  knowsPepperOf(stored: SecretHash): boolean
  /**
   * Whether the secret matches the hash. A stored hash beyond our bounds matches nothing. Throws
   * `unavailable` when the pepper is missing, which is no denial.
   */
  matches(accountId: string, stored: SecretHash, secret: string): Promise<boolean>
}

export interface HasherOptions {
  readonly profile: HashProfile
  readonly peppers: Peppers
  readonly queue: WorkQueue
  readonly randomBytes: (size: number) => Buffer
}

/**
 * Hashes by the given profile and the current pepper, and compares by those that a stored hash
 * names. A salt has 16 bytes, as RFC 9106, section 3.1, recommends for passwords.
 */
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
        // The check at the start found every pepper in use then; another instance has introduced
        // this one since.
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
