import type { Account } from '../../domain/account.ts'
import { lastChangeOf } from '../../domain/last-change.ts'
import { isUuid } from '../../domain/uuid.ts'
import { notFound } from '../../errors.ts'
import { findAccount } from '../../store/accounts.ts'
import { findOrProveAbsence } from '../../store/committed-read.ts'
import { findLastChanges } from '../../store/last-changes.ts'
import { retryWhileLosing } from '../../store/retry.ts'
import type { ManagementDeps } from '../deps.ts'

/** One account. Throws `not_found`, also for a text that is no UUID. */
export async function getAccount(deps: Pick<ManagementDeps, 'db'>, id: string): Promise<Account> {
  const account = isUuid(id)
    ? await findOrProveAbsence(deps.db, (db) => findAccount(db, id))
    : undefined
  if (account === undefined) throw notFound('account')
  return account
}

/** When an account was last changed; its creation if it never was. */
export async function lastChangeOfAccount(
  deps: Pick<ManagementDeps, 'db'>,
  { id, createdAt }: Account,
): Promise<Date> {
  const actions = ['account.updated'] as const
  const changes = await retryWhileLosing(() =>
    findLastChanges(deps.db, { accountId: id, resourceIds: [id], actions }),
  )
  return lastChangeOf(createdAt, changes.get(id))
}
