import type { Deps } from '../../deps.ts'
import {
  findHoldersOfAllowLists,
  findHoldersOfRoles,
  type Holder,
} from '../../store/api-key-dependents.ts'

export type { Holder } from '../../store/api-key-dependents.ts'

/** The active keys that have roles, or are restricted to allow lists, of the account: the newest `limitEach` of each. */
export function listHolders(
  deps: Deps,
  accountId: string,
  of: { readonly roleIds: readonly string[] } | { readonly allowListIds: readonly string[] },
  limitEach: number,
): Promise<Holder[]> {
  const request = { accountId, limitEach, now: deps.now() }
  return 'roleIds' in of
    ? findHoldersOfRoles(deps.db, { ...request, ids: of.roleIds })
    : findHoldersOfAllowLists(deps.db, { ...request, ids: of.allowListIds })
}
