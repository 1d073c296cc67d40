import type { Database } from '../store/database.ts'
import { fillSkeletons, findWithoutSkeleton, type NamedTable } from '../store/name-skeletons.ts'

const tables: readonly NamedTable[] = ['role', 'allow_list', 'api_key']
const batchSize = 500
const firstId = '00000000-0000-0000-0000-000000000000'

/**
 * Works out what names look like that a version before has given, oldest first: from then on no new name
 * looks like them. Of old names that look the same the first one counts; the others stay as they are.
 * Looks at so many batches of each kind, at most. Returns how many names look like another.
 */
export async function fillNameSkeletons(
  db: Database,
  maxBatches = Number.POSITIVE_INFINITY,
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
