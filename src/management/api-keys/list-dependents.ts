import {
  type Dependent,
  findDependentsOfAllowLists,
  findDependentsOfRoles,
} from '../../store/api-key-dependents.ts'
import type { ManagementDeps } from '../deps.ts'

export type { Dependent } from '../../store/api-key-dependents.ts'

/**
 * The active keys that have these roles, or are restricted to these allow lists: all of them if
 * there are at most `limit`, otherwise as many of the newest of each as `limit` allows.
 */
export async function listDependents(
  deps: Pick<ManagementDeps, 'longReads' | 'now'>,
  accountId: string,
  of: { readonly roleIds: readonly string[] } | { readonly allowListIds: readonly string[] },
  limit: number,
): Promise<Dependent[]> {
  const ids = 'roleIds' in of ? of.roleIds : of.allowListIds
  const find = 'roleIds' in of ? findDependentsOfRoles : findDependentsOfAllowLists
  const request = { accountId, ids, now: deps.now() }
  const read = (limitEach: number, limit: number) =>
    deps.longReads.run((db) => find(db, { ...request, limitEach, limit }))
  const found = await read(limit + 1, limit + 1)
  if (found.length <= limit) return found
  const limitEach = Math.max(1, Math.floor(limit / ids.length))
  return read(limitEach, limit)
}
