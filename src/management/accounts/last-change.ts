import type { Account } from '../../domain/account.ts'
import { lastChangeOf } from '../../domain/last-change.ts'
import { findLastChanges } from '../../store/last-changes.ts'
import type { ManagementDeps } from '../deps.ts'

/** When an account was last changed; its creation if it never was. */
export async function lastChangeOfAccount(
  deps: Pick<ManagementDeps, 'db'>,
  { id, createdAt }: Account,
): Promise<Date> {
  const actions = ['account.updated'] as const
  const changes = await findLastChanges(deps.db, { accountId: id, resourceIds: [id], actions })
  return lastChangeOf(createdAt, changes.get(id))
}
