import type { Account } from '../../domain/account.ts'
import type { Page, PageRequest } from '../../domain/page.ts'
import { listAccounts as listStored } from '../../store/accounts.ts'
import type { ManagementDeps } from '../deps.ts'

/** A page of all accounts, the platform's own included. */
export function listAccounts(
  deps: Pick<ManagementDeps, 'longReads'>,
  page: PageRequest,
): Promise<Page<Account>> {
  return deps.longReads.run((db) => listStored(db, page))
}
