import { countKeysOfRoles as countStored } from '../../store/key-counts.ts'
import type { ManagementDeps } from '../deps.ts'

/**
 * How many keys have each of the roles, of those that are neither revoked nor expired. What no
 * key has is absent.
 */
export function countKeysOfRoles(
  deps: Pick<ManagementDeps, 'longReads' | 'now'>,
  accountId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  return deps.longReads.run((db) => countStored(db, accountId, ids, deps.now()))
}
