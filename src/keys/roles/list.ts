import type { Deps } from '../../deps.ts'
import type { Page, PageRequest } from '../../domain/page.ts'
import type { Role } from '../../domain/role.ts'
import { listRoles as listStored } from '../../store/roles.ts'

/** A page of the account's roles, built-in ones included. */
export function listRoles(deps: Deps, accountId: string, page: PageRequest): Promise<Page<Role>> {
  return listStored(deps.db, accountId, page)
}
