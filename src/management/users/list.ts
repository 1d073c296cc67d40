import type { Page, PageRequest } from '../../domain/page.ts'
import type { User } from '../../domain/person/user.ts'
import { listUsers as listStored } from '../../store/memberships.ts'
import type { ManagementDeps } from '../deps.ts'

/** A page of the account's users. */
export function listUsers(
  deps: Pick<ManagementDeps, 'longReads'>,
  accountId: string,
  page: PageRequest,
): Promise<Page<User>> {
  return deps.longReads.run((db) => listStored(db, accountId, page))
}
