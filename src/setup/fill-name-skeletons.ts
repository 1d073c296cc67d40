import type { Database } from '../store/database.ts'
import { fillSkeletons, findWithoutSkeleton, type NamedTable } from '../store/name-skeletons.ts'

const tables: readonly NamedTable[] = ['role', 'allow_list', 'api_key']
const namesAtOnce = 500
const firstId = '00000000-0000-0000-0000-000000000000'

/**
 * Computes the skeletons of names that an earlier version stored, oldest first, after which no new
 * name looks like them. Of old names that look alike, the oldest counts; the others stay as they
 * are. Processes at most `maxBatches` batches of `batchSize` names of each table. Returns how many
 * names look like another.
 */
export async function fillNameSkeletons(
  db: Database,
  maxBatches = Number.POSITIVE_INFINITY,
  batchSize = namesAtOnce,
): Promise<number> {
  let alike = 0
  for (const table of tables) {
    let after = firstId
    for (let batch = 0; batch < maxBatches; batch += 1) {
      const names = await findWithoutSkeleton(db, table, after, batchSize)
      if (names.length > 0) alike += names.length - (await fillSkeletons(db, table, names))
      const last = names.at(-1)
      if (last === undefined || names.length < batchSize) break
      after = last.id
    }
  }
  return alike
}
