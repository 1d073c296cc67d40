import type { Account } from '../../domain/account.ts'
import { findLastChanges } from '../../store/last-changes.ts'
import type { ManagementDeps } from '../deps.ts'

/** When an account was last changed; its creation if it never was. */
export async function lastChangeOfAccount(
  deps: Pick<ManagementDeps, 'db'>,
  { id, createdAt }: Account,
): Promise<Date> {
  const actions = ['account.updated'] as const
  const changes = await findLastChanges(deps.db, { accountId: id, resourceIds: [id], actions })
  const changedAt = changes.get(id) ?? createdAt
  return changedAt > createdAt ? changedAt : createdAt
}
