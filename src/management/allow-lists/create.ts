import { inAuditedTransaction } from '../../acts/audited-transaction.ts'
import { renewAuthority } from '../../acts/authority.ts'
import { newId } from '../../acts/ids.ts'
import type { Deps } from '../../deps.ts'
import { originOf } from '../../domain/audit/audit-event.ts'
import { resourceOf, snapshotOfAllowList } from '../../domain/audit/snapshots.ts'
import type { AllowList } from '../../domain/network/allow-list.ts'
import type { Principal } from '../../domain/principal.ts'
import { invalidRequest } from '../../errors.ts'
import { lockAccountShared } from '../../store/accounts.ts'
import { insertAllowList } from '../../store/allow-lists.ts'
import { type AllowListRequest, allowListFaults, refuseTakenName } from './validate-allow-list.ts'

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
  return inAuditedTransaction(deps, originOf(principal), async (trx) => {
    await lockAccountShared(trx, accountId)
    await renewAuthority(deps, trx, principal, 'allow_list:create')
    const inserted = await insertAllowList(trx, list).catch(refuseTakenName)
    const event = {
      accountId,
      action: 'allow_list.created',
      resource: resourceOf('allow_list', inserted),
      before: null,
      after: snapshotOfAllowList(inserted),
    } as const
    return { result: inserted, events: [event] }
  })
}
