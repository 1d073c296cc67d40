import type { User } from '../../domain/person/user.ts'
import { type CallerPrincipal, rightsOf } from '../../domain/principal.ts'
import { isUuid } from '../../domain/uuid.ts'
import { notFound, ServiceError } from '../../errors.ts'
import { isPlatformAccount } from '../../store/accounts.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { lockInvitedUser, lockUser } from '../../store/memberships.ts'
import { countOthersWithRole } from '../../store/role-holders.ts'
import { findRoleWithEffects, type RoleWithEffects } from '../../store/roles.ts'

/** Without it, an account could lose every person who may add another one. */
const keptRole = 'admin'

/** How an act names a user: by the id of the person, or as the clients of Aeon do. */
export interface UserName {
  readonly id: string
  /** Whether the id may be that of the invitation whose redemption made the person a user. */
  readonly orInvitation?: boolean
}

/** Throws `not_found` for what is no id, and `own_role` for that of the principal. */
export function requireOther(principal: CallerPrincipal, { id }: UserName): void {
  if (!isUuid(id)) throw notFound('user')
  requireNotSelf(principal, id.toLowerCase())
}

/**
 * The user of a name, locked: the latest membership of the person, a removed one included, or the
 * present one of an invitation. Throws `not_found`, and `own_role` for the principal.
 */
export async function lockNamedUser(
  trx: StoreTransaction,
  principal: CallerPrincipal,
  accountId: string,
  { id, orInvitation = false }: UserName,
): Promise<User> {
  const user =
    (await lockUser(trx, accountId, id)) ??
    (orInvitation ? await lockInvitedUser(trx, accountId, id) : undefined)
  if (user === undefined) throw notFound('user')
  requireNotSelf(principal, user.person.id)
  return user
}

function requireNotSelf(principal: CallerPrincipal, personId: string): void {
  if (principal.kind !== 'user' || rightsOf(principal).id !== personId) return
  throw new ServiceError(
    'own_role',
    'Users cannot change their own role or remove themselves. Ask another administrator.',
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
