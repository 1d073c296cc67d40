import { renewAuthority } from '../../acts/authority.ts'
import { inChangingTransaction } from '../../acts/changing-transaction.ts'
import type { Deps } from '../../deps.ts'
import { originOf } from '../../domain/audit/audit-event.ts'
import { resourceOf, snapshotOfAllowList } from '../../domain/audit/snapshots.ts'
import type { Principal } from '../../domain/principal.ts'
import { ServiceError } from '../../errors.ts'
import { lockAccountShared } from '../../store/accounts.ts'
import { allowListUseConstraint, retireAllowList } from '../../store/allow-lists.ts'
import { violates } from '../../store/faults.ts'
import { releaseExpired } from '../api-keys/release-expired.ts'
import { lockFreeAllowList } from './lock.ts'

/**
 * Deletes a list that no live key uses; keys that are revoked or expired do not keep it, and reach
 * nothing without it. Throws `not_found`, `escalation`, `in_use`.
 */
export async function deleteAllowList(
  deps: Deps,
  principal: Principal,
  accountId: string,
  id: string,
): Promise<void> {
  const now = deps.now()
  await inChangingTransaction(deps, originOf(principal), async (trx, announce) => {
    await lockAccountShared(trx, accountId)
    const author = await renewAuthority(deps, trx, principal, 'allow_list:delete')
    const list = await lockFreeAllowList(trx, author, accountId, id)
    await releaseExpired(trx, announce, accountId, { allowListId: list.id })
    await retireAllowList(trx, list.id, now).catch(refuseUsed)
    const event = {
      accountId,
      action: 'allow_list.deleted',
      resource: resourceOf('allow_list', list),
      before: snapshotOfAllowList(list),
      after: null,
    } as const
    return { result: undefined, events: [event] }
  })
}

function refuseUsed(error: unknown): never {
  if (!violates(error, allowListUseConstraint)) throw error
  throw new ServiceError(
    'in_use',
    'A key that is neither revoked nor expired uses this allow list.',
  )
}
