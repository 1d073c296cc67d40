import type { Grantor } from '../../domain/grant.ts'
import type { AllowList } from '../../domain/network/allow-list.ts'
import { isUuid } from '../../domain/uuid.ts'
import { notFound, ServiceError } from '../../errors.ts'
import { lockAllowList } from '../../store/allow-lists.ts'
import type { StoreTransaction } from '../../store/database.ts'

/**
 * The allow list, locked to be changed. Throws `not_found`, and `escalation` for a list that
 * restricts its author.
 */
export async function lockFreeAllowList(
  trx: StoreTransaction,
  author: Grantor,
  accountId: string,
  id: string,
): Promise<AllowList> {
  // The renewal of authority has shared such a list: two acts that then wanted it alone would
  // deadlock.
  if (author.reach === 'allow_lists' && author.allowListIds.includes(id.toLowerCase())) {
    throw new ServiceError(
      'escalation',
      'A key must not change the allow lists that restrict the key itself.',
    )
  }
  const list = isUuid(id) ? await lockAllowList(trx, accountId, id) : undefined
  if (list === undefined) throw notFound('allow list')
  return list
}
