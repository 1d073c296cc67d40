import type { Deps } from '../../deps.ts'
import type { Account } from '../../domain/account.ts'
import type { Principal } from '../../domain/principal.ts'
import { invalidRequest, notFound } from '../../errors.ts'
import { renameAccount as renameStored } from '../../store/accounts.ts'
import { inTransaction } from '../../store/transaction.ts'
import { renewAuthority } from '../authority.ts'
import { nameFaults } from '../text-faults.ts'

/** Gives an account another name. Throws `invalid_request`, `not_found`. */
export async function renameAccount(
  deps: Deps,
  principal: Principal,
  id: string,
  name: string,
): Promise<Account> {
  const faults = nameFaults('/name', name)
  if (faults.length > 0) throw invalidRequest(faults)
  return inTransaction(deps.db, async (trx) => {
    await renewAuthority(deps, trx, principal, 'account:update')
    const account = await renameStored(trx, id, name)
    if (account === undefined) throw notFound('account')
    return account
  })
}
