import type { Deps } from '../../deps.ts'
import type { AllowList } from '../../domain/allow-list.ts'
import type { Principal } from '../../domain/principal.ts'
import { invalidRequest } from '../../errors.ts'
import { insertAllowList } from '../../store/allow-lists.ts'
import { inTransaction } from '../../store/transaction.ts'
import { renewAuthority } from '../authority.ts'
import { newId } from '../ids.ts'
import { type AllowListRequest, allowListFaults, refuseTakenName } from './list-request.ts'

/** Creates a list of the account; its entries are kept exactly as given. Throws `invalid_request`, `name_taken`. */
export async function createAllowList(
  deps: Deps,
  principal: Principal,
  accountId: string,
  request: AllowListRequest,
): Promise<AllowList> {
  const faults = allowListFaults(request)
  if (faults.length > 0) throw invalidRequest(faults)
  const now = deps.now()
  const list: AllowList = {
    ...request,
    id: newId(deps),
    accountId,
    createdAt: now,
    updatedAt: now,
  }
  return inTransaction(deps.db, async (trx) => {
    await renewAuthority(deps, trx, principal, 'allow_list:create')
    return insertAllowList(trx, list).catch(refuseTakenName)
  })
}
