import type { AllowList } from '../../domain/network/allow-list.ts'
import type { Page, PageRequest } from '../../domain/page.ts'
import { listAllowLists as listStored } from '../../store/allow-lists.ts'
import type { ManagementDeps } from '../deps.ts'

/** A page of the account's lists; of those that some keys are restricted to, if keys are named. */
export function listAllowLists(
  deps: Pick<ManagementDeps, 'longReads'>,
  accountId: string,
  page: PageRequest,
  filter?: { readonly ofApiKeys?: readonly string[] },
): Promise<Page<AllowList>> {
  return deps.longReads.run((db) => listStored(db, accountId, page, filter))
}
