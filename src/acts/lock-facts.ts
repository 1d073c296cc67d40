import type { UserFacts } from '../domain/person/user.ts'
import type { UserPrincipal } from '../domain/principal.ts'
import type { StoreTransaction } from '../store/database.ts'
import { lockUserFacts } from '../store/memberships.ts'
import { lockRoleRights } from '../store/role-rights.ts'

/**
 * The facts of a person as of the transaction, locked. Those of a caller with a JWT are of the role
 * that its claims map to, whatever role a sign-in gave, and end with the JWT. Undefined: the person
 * has no such role any more.
 */
export async function lockFactsOf(
  trx: StoreTransaction,
  { user, token }: Pick<UserPrincipal, 'token' | 'user'>,
): Promise<UserFacts | undefined> {
  const facts = await lockUserFacts(trx, user.membershipId)
  if (facts === undefined || token === undefined) return facts
  const { expiresAt, mappedRoleId } = token
  if (mappedRoleId === null) {
    return facts.mappedUntil === null ? { ...facts, mappedUntil: expiresAt } : undefined
  }
  const rights = await lockRoleRights(trx, facts.accountId, mappedRoleId)
  return rights && { ...facts, ...rights, mappedUntil: expiresAt }
}
