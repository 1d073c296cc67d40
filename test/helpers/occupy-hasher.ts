import type { SecretHasher } from '../../src/verification/hashing/hasher.ts'

/** Of the hasher of a test's service, unless its settings say otherwise. */
export const hasherPlaces = 4

/**
 * Takes every place of the hasher: what waits for one was read from the database before. What it gives
 * lets go of them.
 */
export function occupyHasher(hasher: SecretHasher): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  const occupied = hasher.queue.running + hasherPlaces
  while (hasher.queue.running < occupied) void hasher.queue.run('', () => promise)
  return resolve
}
