import type { Page, PageRequest } from '../../domain/page.ts'
import type { User } from '../../domain/person/user.ts'
import { listUsers as listStored, type UserFilter } from '../../store/user-listing.ts'
import type { ManagementDeps } from '../deps.ts'

export type { UserFilter } from '../../store/user-listing.ts'

/** A page of the account's users. */
export function listUsers(
  deps: Pick<ManagementDeps, 'longReads' | 'now'>,
  accountId: string,
  page: PageRequest,
  filter: UserFilter = {},
): Promise<Page<User>> {
  const now = deps.now()
  return deps.longReads.run((db) => listStored(db, { accountId, now, filter }, page))
}
