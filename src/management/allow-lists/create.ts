import { act } from '../../acts/act.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { newId } from '../../acts/ids.ts'
import { resourceOf, snapshotOfAllowList } from '../../domain/audit/snapshots.ts'
import type { AllowList } from '../../domain/network/allow-list.ts'
import type { KeyPrincipal } from '../../domain/principal.ts'
import { invalidRequest } from '../../errors.ts'
import { insertAllowList } from '../../store/allow-lists.ts'
import { type AllowListRequest, allowListFaults, refuseTakenName } from './validate-allow-list.ts'

/**
 * Creates an allow list; its entries are stored exactly as given. Throws `invalid_request`,
 * `name_taken`.
 */
export async function createAllowList(
  deps: ActDeps,
  principal: KeyPrincipal,
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
  const terms = { permission: 'allow_list:create', lock: { mode: 'shared', accountId } } as const
  const { result } = await act(deps, principal, terms, async ({ trx }) => {
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
  return result
}
