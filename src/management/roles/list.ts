import type { Page, PageRequest } from '../../domain/page.ts'
import { countKeysOfRoles, countUsersOfRoles } from '../../store/key-counts.ts'
import {
  listRoles as listStored,
  type RoleFilter,
  type RoleWithEffects,
} from '../../store/roles.ts'
import type { ManagementDeps } from '../deps.ts'

export type { RoleFilter, RoleWithEffects } from '../../store/roles.ts'

/** A page of the account's roles, built-in ones included. */
export function listRoles(
  deps: Pick<ManagementDeps, 'longReads'>,
  accountId: string,
  page: PageRequest,
  filter?: RoleFilter,
): Promise<Page<RoleWithEffects>> {
  return deps.longReads.run((db) => listStored(db, accountId, page, filter))
}

/** What has a role. */
export interface RoleUses {
  /** Keys that are neither revoked nor expired. */
  readonly keys: number
  readonly users: number
}

/** How many keys and users have each of the roles. */
export function countUsesOfRoles(
  deps: Pick<ManagementDeps, 'longReads' | 'now'>,
  accountId: string,
  ids: readonly string[],
): Promise<(id: string) => RoleUses> {
  return deps.longReads.run(async (db) => {
    const keys = await countKeysOfRoles(db, accountId, ids, deps.now())
    const users = await countUsersOfRoles(db, accountId, ids, deps.now())
    return (id) => ({ keys: keys.get(id) ?? 0, users: users.get(id) ?? 0 })
  })
}
