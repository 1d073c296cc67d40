import type { SecretHasher } from '../../src/verification/hashing/hasher.ts'

/** The concurrency of a test service's hasher, unless its settings say otherwise. */
export const hasherPlaces = 4

/**
 * Occupies every place of the hasher: a request that waits for one has already read the database.
 * Returns a function that frees the places.
 */
export function occupyHasher(hasher: SecretHasher): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  const occupied = hasher.queue.running + hasherPlaces
  while (hasher.queue.running < occupied) void hasher.queue.run('', () => promise)
  return resolve
}
