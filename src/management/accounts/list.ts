import type { Deps } from '../../deps.ts'
import type { Account } from '../../domain/account.ts'
import type { Page, PageRequest } from '../../domain/page.ts'
import { listAccounts as listStored } from '../../store/accounts.ts'

/** A page of all accounts, the platform's own included. */
export function listAccounts(deps: Deps, page: PageRequest): Promise<Page<Account>> {
  return listStored(deps.db, page)
}
