import type { Deps } from '../../deps.ts'
import type { Principal } from '../../domain/principal.ts'
import type { Role } from '../../domain/role.ts'
import { isPlatformAccount } from '../../store/accounts.ts'
import { insertRole } from '../../store/roles.ts'
import { inTransaction } from '../../store/transaction.ts'
import { renewAuthority, requireGrantable } from '../authority.ts'
import { requireHeldCatalogue } from '../catalogue.ts'
import { newId } from '../ids.ts'
import { allOf } from './effects.ts'
import { type RoleRequest, readRole, refuseTakenName } from './role-request.ts'

/** Defines a role of the account. Throws `invalid_request`, `escalation`, `name_taken`. */
export async function createRole(
  deps: Deps,
  principal: Principal,
  accountId: string,
  request: RoleRequest,
): Promise<Role> {
  return inTransaction(deps.db, async (trx) => {
    const author = await renewAuthority(deps, trx, principal, 'role:create')
    const platform = await isPlatformAccount(trx, accountId)
    const values = readRole(request, await requireHeldCatalogue(trx), platform)
    requireGrantable(author, allOf(values.effective, author))
    return insertRole(trx, {
      ...values,
      id: newId(deps),
      accountId,
      platform,
      builtIn: false,
      now: deps.now(),
    }).catch(refuseTakenName)
  })
}
