import { countKeysOfLists as countStored } from '../../store/key-counts.ts'
import type { ManagementDeps } from '../deps.ts'

/**
 * How many keys use each of the lists, of those that are neither revoked nor expired. What no
 * key uses is absent.
 */
export function countKeysOfLists(
  deps: Pick<ManagementDeps, 'longReads' | 'now'>,
  accountId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  return deps.longReads.run((db) => countStored(db, accountId, ids, deps.now()))
}
