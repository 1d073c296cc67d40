import type { User } from '../../domain/person/user.ts'
import { type CallerPrincipal, rightsOf } from '../../domain/principal.ts'
import { isUuid } from '../../domain/uuid.ts'
import { notFound, ServiceError } from '../../errors.ts'
import { isPlatformAccount } from '../../store/accounts.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { countOthersWithRole } from '../../store/role-holders.ts'
import { findRoleWithEffects, type RoleWithEffects } from '../../store/roles.ts'

/** Without it, an account could lose every person who may add another one. */
const keptRole = 'admin'

/** The id of another user than the principal. Throws `not_found`, and `own_role` for its own. */
export function requireOther(principal: CallerPrincipal, idText: string): string {
  if (!isUuid(idText)) throw notFound('user')
  const id = idText.toLowerCase()
  if (principal.kind !== 'user' || rightsOf(principal).id !== id) return id
  throw new ServiceError(
    'own_role',
    'Nobody changes the own role or removes themselves. Ask another administrator.',
  )
}

/**
 * Throws `mapped_role` for the platform account: who may act on every account is decided by the
 * file of the deployment, and by no act.
 */
export async function requireNoPlatform(trx: StoreTransaction, accountId: string): Promise<void> {
  if (!(await isPlatformAccount(trx, accountId))) return
  throw new ServiceError(
    'mapped_role',
    'Roles of the platform account follow from OIDC_FILE only: add a rule with "platform": true.',
  )
}

/** The role of a user, as it is now. A user's role is never deleted. */
export async function requireRoleOf(
  trx: StoreTransaction,
  { accountId, role }: Pick<User, 'accountId' | 'role'>,
): Promise<RoleWithEffects> {
  const found = await findRoleWithEffects(trx, accountId, { id: role.id })
  if (found === undefined) throw new Error('A user has no role.')
  return found
}

/**
 * Throws `last_admin` if the account would be left without a person who has the built-in role of
 * administrators. The act holds the exclusive lock of the account, so that of two at once the
 * second counts after the first.
 */
export async function requireAnotherAdmin(
  trx: StoreTransaction,
  user: User,
  before: RoleWithEffects,
  after: RoleWithEffects | undefined,
): Promise<void> {
  if (!isKept(before) || (after !== undefined && isKept(after))) return
  const others = await countOthersWithRole(trx, user.accountId, keptRole, user.membershipId)
  if (others > 0) return
  throw new ServiceError(
    'last_admin',
    'The person is the last one with the built-in role admin of the account. Give the role to another person first.',
  )
}

function isKept({ builtIn, name }: RoleWithEffects): boolean {
  return builtIn && name === keptRole
}
