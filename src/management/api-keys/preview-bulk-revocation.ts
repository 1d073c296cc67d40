import { invalidRequest } from '../../errors.ts'
import { findApiKeys } from '../../store/api-keys.ts'
import { type BulkScope, countRevocable } from '../../store/bulk-revocation.ts'
import type { ManagementDeps } from '../deps.ts'
import { type BulkRevoked, sampled } from './revoke-in-bulk.ts'
import {
  type BulkRequest,
  bulkRequestFaults,
  validateBulkRequest,
} from './validate-bulk-request.ts'

/** What a bulk revocation would revoke now; changes nothing. Throws `invalid_request`. */
export async function previewBulkRevocation(
  deps: Pick<ManagementDeps, 'longReads' | 'now' | 'usesKnownAfterMs'>,
  scope: BulkScope,
  request: BulkRequest,
): Promise<Omit<BulkRevoked, 'committed'>> {
  const faults = bulkRequestFaults(request, deps)
  if (faults.length > 0) throw invalidRequest(faults)
  return deps.longReads.run(async (db) => {
    const filter = await validateBulkRequest(db, scope, request)
    const { count, accounts, sample } = await countRevocable(db, scope, filter, sampled)
    return { count, accounts, sample: await findApiKeys(db, sample) }
  })
}
