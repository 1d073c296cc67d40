import { hash, verify } from '@node-rs/argon2'
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

/** Hashes secrets and compares them, off the event loop, never more at once than the queue allows. */
export interface SecretHasher {
  /** For new hashes. */
  readonly profile: HashProfile
  readonly queue: WorkQueue
  hash(secret: string): Promise<SecretHash>
  /** Whether the secret is the one that was hashed. A stored hash that is beyond our bounds matches nothing. */
  matches(stored: SecretHash, secret: string): Promise<boolean>
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
    hash(secret) {
      const salt = options.randomBytes(16)
      return queue.run(async () => ({
        hash: await hash(secret, { ...costOf(profile), salt, ...pepperOption(peppers.current) }),
        hashProfile: profile.version,
        pepperId: peppers.current?.id ?? null,
      }))
    },
    async matches(stored, secret) {
      if (!isAffordable(stored.hash)) return false
      const pepper = stored.pepperId === null ? undefined : peppers.byId.get(stored.pepperId)
      if (stored.pepperId !== null && pepper === undefined) {
        // The start-up check refuses to run without a pepper in use; another instance may have introduced it since.
        throw new Error(`The pepper ${stored.pepperId} is not in this instance's PEPPER_FILE.`)
      }
      return queue.run(() => verify(stored.hash, secret, pepperOption(pepper)))
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
