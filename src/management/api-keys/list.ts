import type { ApiKey } from '../../domain/key/api-key.ts'
import type { Page, PageRequest } from '../../domain/page.ts'
import { type ApiKeyFilter, listApiKeys as listStored } from '../../store/api-key-listing.ts'
import type { ManagementDeps } from '../deps.ts'

export type { ApiKeyFilter } from '../../store/api-key-listing.ts'

/** A page of the account's keys, revoked and expired ones included. */
export function listApiKeys(
  deps: Pick<ManagementDeps, 'longReads' | 'now'>,
  accountId: string,
  filter: ApiKeyFilter,
  page: PageRequest,
): Promise<Page<ApiKey>> {
  return deps.longReads.run((db) => listStored(db, accountId, filter, page, deps.now()))
}
