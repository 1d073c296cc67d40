import type { Database } from '../store/database.ts'
import { fillSearchWords as fillBatch } from '../store/search-words.ts'

const keysAtOnce = 500

/**
 * Stores the words of keys that an earlier version issued, oldest first, so that searches find
 * them. Processes at most `maxBatches` batches of `batchSize` keys. Returns how many keys it looked
 * at.
 */
export async function fillSearchWords(
  db: Database,
  maxBatches = Number.POSITIVE_INFINITY,
  batchSize = keysAtOnce,
): Promise<number> {
  let seen = 0
  for (let batch = 0; batch < maxBatches; batch += 1) {
    const count = await fillBatch(db, batchSize)
    seen += count
    if (count < batchSize) break
  }
  return seen
}
