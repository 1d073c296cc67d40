import { isUuid } from '../../domain/uuid.ts'
import { notFound, ServiceError } from '../../errors.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { lockRole, type RoleWithEffects } from '../../store/roles.ts'

/** The account's own role, locked to be changed. Throws `not_found`, and `built_in` for one that cannot change. */
export async function lockOwnRole(
  trx: StoreTransaction,
  accountId: string,
  id: string,
): Promise<RoleWithEffects> {
  const role = isUuid(id) ? await lockRole(trx, accountId, id) : undefined
  if (role === undefined) throw notFound('role')
  if (role.builtIn) throw new ServiceError('built_in', 'A built-in role cannot change.')
  return role
}
