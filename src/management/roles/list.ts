import type { Page, PageRequest } from '../../domain/page.ts'
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
