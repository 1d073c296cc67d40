import type { Deps } from '../../deps.ts'
import type { Role } from '../../domain/role.ts'
import { isUuid } from '../../domain/uuid.ts'
import { notFound } from '../../errors.ts'
import { findRole } from '../../store/roles.ts'

/** One role of the account. Throws `not_found`. */
export async function getRole(deps: Deps, accountId: string, id: string): Promise<Role> {
  const role = isUuid(id) ? await findRole(deps.db, accountId, id) : undefined
  if (role === undefined) throw notFound('role')
  return role
}
