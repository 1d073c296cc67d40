import { act, nothingChanged } from '../../acts/act.ts'
import type { ActDeps } from '../../acts/deps.ts'
import {
  type Created,
  findEarlierResource,
  type IdempotentRequest,
} from '../../acts/idempotency.ts'
import { newId } from '../../acts/ids.ts'
import { resourceOf, snapshotOfAllowList } from '../../domain/audit/snapshots.ts'
import { type AllowList, distinctEntries } from '../../domain/network/allow-list.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import { invalidRequest, notFound } from '../../errors.ts'
import { findAllowList, insertAllowList } from '../../store/allow-lists.ts'
import { type AllowListRequest, allowListFaults, refuseTakenName } from './validate-allow-list.ts'

/**
 * Creates an allow list; its entries are stored as given, each once. A repeat of a request with the
 * same idempotency key creates none. Throws `invalid_request`, `name_taken`,
 * `idempotency_key_reused`, and `not_found` if the list that a repeated request created has been
 * deleted.
 */
export async function createAllowList(
  deps: ActDeps,
  principal: CallerPrincipal,
  accountId: string,
  request: AllowListRequest,
  idempotent?: IdempotentRequest,
): Promise<Created<AllowList>> {
  const faults = allowListFaults(request)
  if (faults.length > 0) throw invalidRequest(faults)
  const now = deps.now()
  const list: AllowList = {
    ...request,
    entries: distinctEntries(request.entries),
    id: newId(deps),
    accountId,
    createdAt: now,
    updatedAt: now,
  }
  const terms = { permission: 'allow_list:create', lock: { mode: 'shared', accountId } } as const
  const { result } = await act(deps, principal, terms, async ({ trx }) => {
    const named = idempotent && { ...idempotent, accountId, route: 'create allow list' }
    const earlier = named && (await findEarlierResource(trx, principal, named, list.id))
    if (earlier !== undefined) {
      const present = await findAllowList(trx, accountId, earlier)
      if (present === undefined) throw notFound('allow list')
      return nothingChanged({ value: present, isRepeat: true })
    }
    const inserted = await insertAllowList(trx, list).catch(refuseTakenName)
    const event = {
      accountId,
      action: 'allow_list.created',
      resource: resourceOf('allow_list', inserted),
      before: null,
      after: snapshotOfAllowList(inserted),
    } as const
    return { result: { value: inserted, isRepeat: false }, events: [event] }
  })
  return result
}
