import type { Page, PageRequest } from '../../domain/page.ts'
import {
  listRoles as listStored,
  type RoleFilter,
  type RoleWithEffects,
} from '../../store/roles.ts'
import type { ManagementDeps } from '../deps.ts'

export type { RoleFilter, RoleWithEffects } from '../../store/roles.ts'

import { countKeysOfRoles as countStored } from '../../store/key-counts.ts'

/** A page of the account's roles, built-in ones included. */
export function listRoles(
  deps: Pick<ManagementDeps, 'longReads'>,
  accountId: string,
  page: PageRequest,
  filter?: RoleFilter,
): Promise<Page<RoleWithEffects>> {
  return deps.longReads.run((db) => listStored(db, accountId, page, filter))
}

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
