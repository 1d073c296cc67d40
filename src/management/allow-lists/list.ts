import type { AllowList } from '../../domain/network/allow-list.ts'
import type { Page, PageRequest } from '../../domain/page.ts'
import { listAllowLists as listStored } from '../../store/allow-lists.ts'
import { countKeysOfLists as countStored } from '../../store/key-counts.ts'
import type { ManagementDeps } from '../deps.ts'

/** A page of the account's allow lists; only those of certain keys, if keys are named. */
export function listAllowLists(
  deps: Pick<ManagementDeps, 'longReads'>,
  accountId: string,
  page: PageRequest,
  filter?: { readonly ofApiKeys?: readonly string[] },
): Promise<Page<AllowList>> {
  return deps.longReads.run((db) => listStored(db, accountId, page, filter))
}

/**
 * How many keys use each of the lists, of those that are neither revoked nor expired. What no
 * key uses is absent.
 */
export function countKeysOfLists(
  deps: Pick<ManagementDeps, 'longReads' | 'now'>,
  accountId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  return deps.longReads.run((db) => countStored(db, accountId, ids, deps.now()))
}
