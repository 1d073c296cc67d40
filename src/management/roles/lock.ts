import { type CallerPrincipal, rightsOf } from '../../domain/principal.ts'
import { isUuid } from '../../domain/uuid.ts'
import { notFound, ServiceError } from '../../errors.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { type LockPurpose, lockRole, type RoleWithEffects } from '../../store/roles.ts'

/** Locks the role of the principal's key, if that is the role to change; see ActTerms.lockFirst. */
export async function lockRoleOfPrincipal(
  trx: StoreTransaction,
  principal: CallerPrincipal,
  id: string,
  purpose: LockPurpose,
): Promise<void> {
  const { accountId, role } = rightsOf(principal)
  if (id.toLowerCase() === role.id) await lockRole(trx, accountId, role.id, purpose)
}

/**
 * The account's own role, locked to be changed. Throws `not_found`, and `built_in` for a role that
 * cannot change.
 */
export async function lockOwnRole(
  trx: StoreTransaction,
  accountId: string,
  id: string,
  purpose: LockPurpose,
): Promise<RoleWithEffects> {
  const role = isUuid(id) ? await lockRole(trx, accountId, id, purpose) : undefined
  if (role === undefined) throw notFound('role')
  if (role.builtIn)
    throw new ServiceError('built_in', 'A built-in role cannot be changed or deleted.')
  return role
}
