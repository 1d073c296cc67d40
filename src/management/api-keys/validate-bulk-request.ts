import { type Fault, invalidRequest } from '../../errors.ts'
import { type BulkFilter, type BulkScope, findRoleIds } from '../../store/bulk-revocation.ts'
import type { Executor } from '../../store/database.ts'
import type { ManagementDeps } from '../deps.ts'

/** Which keys to revoke; every given condition must hold. */
export interface BulkRequest extends Omit<BulkFilter, 'roleIds'> {
  /** Every key; allows no other condition. */
  readonly all?: true
  readonly role?: { readonly id: string } | { readonly foldedName: string }
}

/**
 * The faults of a request. A revocation of every key must be explicit: a condition that is left out
 * by mistake revokes nothing.
 */
export function bulkRequestFaults(
  { all, lastUsedBefore, ...others }: BulkRequest,
  deps: Pick<ManagementDeps, 'now' | 'usesKnownAfterMs'>,
): Fault[] {
  const given = Object.keys(others).length + (lastUsedBefore === undefined ? 0 : 1)
  if (all === true && given > 0) {
    const message = '"all" selects every key and excludes every other condition.'
    return [{ field: '/filter/all', rule: 'alone', message }]
  }
  if (all !== true && given === 0) {
    const message = 'The filter must have a condition. To revoke every key, send {"all": true}.'
    return [{ field: '/filter', rule: 'empty', message }]
  }
  const latest = deps.now().getTime() - deps.usesKnownAfterMs
  if (lastUsedBefore === undefined || lastUsedBefore.getTime() < latest) return []
  const seconds = Math.ceil(deps.usesKnownAfterMs / 1000)
  const message = `The time must be more than ${seconds} seconds ago: later uses may not be stored yet.`
  return [{ field: '/filter/last_used_before', rule: 'too_recent', message }]
}

/**
 * The filter of a request, with the ids of its role. Throws `invalid_request` when there is no such
 * role.
 */
export async function validateBulkRequest(
  db: Executor,
  scope: BulkScope,
  { all: _all, role, ...filter }: BulkRequest,
): Promise<BulkFilter> {
  if (role === undefined) return filter
  const roleIds = await findRoleIds(db, scope, role)
  if (roleIds.length > 0) return { ...filter, roleIds }
  const where = scope === undefined ? '' : ' in the account'
  const message = `The role does not exist${where}: write the id or the name of a role.`
  throw invalidRequest([{ field: '/filter/role', rule: 'exists', message }])
}
