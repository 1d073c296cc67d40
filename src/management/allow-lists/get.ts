import type { AllowList } from '../../domain/network/allow-list.ts'
import { isUuid } from '../../domain/uuid.ts'
import { notFound } from '../../errors.ts'
import { findAllowList } from '../../store/allow-lists.ts'
import { findOrProveAbsence } from '../../store/committed-read.ts'
import type { ManagementDeps } from '../deps.ts'

/** One list of the account. Throws `not_found`. */
export async function getAllowList(
  deps: Pick<ManagementDeps, 'db'>,
  accountId: string,
  id: string,
): Promise<AllowList> {
  const list = isUuid(id)
    ? await findOrProveAbsence(deps.db, (db) => findAllowList(db, accountId, id))
    : undefined
  if (list === undefined) throw notFound('allow list')
  return list
}
