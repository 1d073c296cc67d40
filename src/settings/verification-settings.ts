import { Type } from 'typebox'

/** The cache, the hashes and the use records of verifications. */
export const verificationSettings = {
  CACHE_MAX_KEYS: Type.Integer({
    default: 100_000,
    minimum: 1,
    maximum: 10_000_000,
    description: 'Maximum number of credentials in the cache.',
  }),
  CACHE_MAX_BYTES: Type.Optional(
    Type.Integer({
      minimum: 1_048_576,
      maximum: 1_099_511_627_776,
      description:
        'Maximum estimated size, in bytes, of the credentials in the cache. What keys share counts once: the addresses of their allow lists, and the permissions of their role. Unset: 1536 for each of CACHE_MAX_KEYS, and at least 1048576.',
    }),
  ),
  HASH_PROFILE: Type.Union([Type.Literal('random'), Type.Literal('password')], {
    default: 'random',
    description:
      'Cost of new Argon2 hashes. After a rise, old hashes are renewed when their keys are used.',
  }),
  HASH_CONCURRENCY: Type.Integer({
    default: 16,
    minimum: 1,
    maximum: 64,
    description:
      'Maximum number of Argon2 hashes given to the thread pool at once. The pool has one thread per core.',
  }),
  HASH_QUEUE_MAX: Type.Integer({
    default: 2_000,
    minimum: 1,
    maximum: 100_000,
    description:
      'Maximum number of waiting Argon2 hashes. Beyond this number, the account with the most waiting hashes gets 503.',
  }),
  HASH_WAIT_MAX_MS: Type.Integer({
    default: 1_000,
    minimum: 10,
    maximum: 60_000,
    description:
      'Milliseconds that an Argon2 hash may wait for its turn. A request that would wait longer gets 503.',
  }),
  USE_FLUSH_MS: Type.Integer({
    default: 10_000,
    minimum: 10,
    maximum: 600_000,
    description: 'Milliseconds between two writes of use records.',
  }),
}
