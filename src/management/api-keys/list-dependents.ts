import {
  type Dependent,
  findDependentsOfAllowLists,
  findDependentsOfRoles,
} from '../../store/api-key-dependents.ts'
import type { ManagementDeps } from '../deps.ts'

export type { Dependent } from '../../store/api-key-dependents.ts'

/**
 * The active keys that have these roles, or are restricted to these allow lists: the newest
 * `limitEach` of each.
 */
export function listDependents(
  deps: Pick<ManagementDeps, 'longReads' | 'now'>,
  accountId: string,
  of: { readonly roleIds: readonly string[] } | { readonly allowListIds: readonly string[] },
  limitEach: number,
): Promise<Dependent[]> {
  const request = { accountId, limitEach, now: deps.now() }
  return deps.longReads.run((db) =>
    'roleIds' in of
      ? findDependentsOfRoles(db, { ...request, ids: of.roleIds })
      : findDependentsOfAllowLists(db, { ...request, ids: of.allowListIds }),
  )
}
