import type { Role } from '../../domain/role.ts'
import type { RoleRef } from '../../domain/role-ref.ts'
import { retryWhileLosing } from '../../store/retry.ts'
import { findRolesEverHad } from '../../store/roles.ts'
import type { ManagementDeps } from '../deps.ts'

/** A role, and whether it is not deleted. */
export type RoleOfHolder = Role & { readonly live: boolean }

/**
 * The roles of these keys or users of one account, by their ids; deleted ones too, since a key
 * always shows its role.
 */
export async function rolesOfHolders(
  deps: Pick<ManagementDeps, 'db'>,
  accountId: string,
  holders: readonly { readonly role: RoleRef }[],
): Promise<ReadonlyMap<string, RoleOfHolder>> {
  const ids = [...new Set(holders.map(({ role }) => role.id))]
  if (ids.length === 0) return new Map()
  const roles = await retryWhileLosing(() => findRolesEverHad(deps.db, accountId, ids))
  return new Map(roles.map((role) => [role.id, role]))
}
