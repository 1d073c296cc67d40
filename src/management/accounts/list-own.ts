import type { Account } from '../../domain/account.ts'
import { endOfMembership } from '../../domain/person/user.ts'
import { type CallerPrincipal, rightsOf } from '../../domain/principal.ts'
import type { RoleRef } from '../../domain/role-ref.ts'
import { findAccounts } from '../../store/accounts.ts'
import { findMemberships } from '../../store/memberships.ts'
import type { ManagementDeps } from '../deps.ts'
import { getAccount } from './get.ts'

/** An account in which a caller has a role. */
export interface OwnAccount {
  readonly account: Account
  readonly role: RoleRef
  /** Until when a role from claims holds; null: it was given. */
  readonly mappedUntil: Date | null
}

/**
 * The accounts in which the caller has a role now: that of a key, or those of a person, in the
 * order in which the person joined them.
 */
export async function listOwnAccounts(
  deps: Pick<ManagementDeps, 'db' | 'now'>,
  principal: CallerPrincipal,
): Promise<readonly OwnAccount[]> {
  const { id, accountId, role } = rightsOf(principal)
  if (principal.kind === 'key') {
    return [{ account: await getAccount(deps, accountId), role, mappedUntil: null }]
  }
  const now = deps.now()
  const users = (await findMemberships(deps.db, id)).filter(
    (user) => endOfMembership(user, now) === undefined,
  )
  const found = await findAccounts(
    deps.db,
    users.map((user) => user.accountId),
  )
  const byId = new Map(found.map((account) => [account.id, account]))
  return users.flatMap(({ accountId, role, mappedUntil }) => {
    const account = byId.get(accountId)
    return account === undefined ? [] : [{ account, role, mappedUntil }]
  })
}
