import { isUuid } from '../../domain/uuid.ts'
import { notFound } from '../../errors.ts'
import { findOrProveAbsence } from '../../store/committed-read.ts'
import { findRoleWithEffects, type RoleWithEffects } from '../../store/roles.ts'
import type { ManagementDeps } from '../deps.ts'

/** One role of the account, with its effective permissions. Throws `not_found`. */
export async function getRole(
  deps: Pick<ManagementDeps, 'db'>,
  accountId: string,
  id: string,
): Promise<RoleWithEffects> {
  const role = isUuid(id)
    ? await findOrProveAbsence(deps.db, (db) => findRoleWithEffects(db, accountId, { id }))
    : undefined
  if (role === undefined) throw notFound('role')
  return role
}
