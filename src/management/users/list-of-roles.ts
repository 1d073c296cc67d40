import { findUsersOfRoles, type RoleUser } from '../../store/user-listing.ts'
import type { ManagementDeps } from '../deps.ts'

export type { RoleUser } from '../../store/user-listing.ts'

/** The users who have these roles of the account, the newest first: at most `limit`. */
export function listUsersOfRoles(
  deps: Pick<ManagementDeps, 'longReads'>,
  accountId: string,
  roleIds: readonly string[],
  limit: number,
): Promise<RoleUser[]> {
  return deps.longReads.run((db) => findUsersOfRoles(db, accountId, roleIds, limit))
}
