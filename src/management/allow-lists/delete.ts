import { act } from '../../acts/act.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { resourceOf, snapshotOfAllowList } from '../../domain/audit/snapshots.ts'
import type { AllowList } from '../../domain/network/allow-list.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import { changedSince, ServiceError } from '../../errors.ts'
import { allowListUseConstraint, deleteStoredAllowList } from '../../store/allow-lists.ts'
import { violates } from '../../store/faults.ts'
import { releaseExpired } from '../api-keys/release-expired.ts'
import { lockFreeAllowList } from './lock.ts'

/**
 * Deletes an allow list that no live key uses. Revoked and expired keys do not prevent it, and
 * match no address without it. Throws `not_found`, `escalation`, `in_use`, and
 * `precondition_failed` unless the list is as the author expects it.
 */
export async function deleteAllowList(
  deps: ActDeps,
  principal: CallerPrincipal,
  accountId: string,
  id: string,
  isExpected: (list: AllowList) => boolean = () => true,
): Promise<void> {
  const now = deps.now()
  const terms = { permission: 'allow_list:delete', lock: { mode: 'shared', accountId } } as const
  await act(deps, principal, terms, async ({ trx, author, changed }) => {
    const list = await lockFreeAllowList(trx, author, accountId, id)
    if (!isExpected(list)) throw changedSince('allow list')
    await releaseExpired(trx, changed, accountId, { allowListId: list.id })
    await deleteStoredAllowList(trx, list.id, now).catch(refuseUsed)
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
    'A key that is neither revoked nor expired uses this allow list. It may be disabled.',
  )
}
