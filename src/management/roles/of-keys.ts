import type { ApiKey } from '../../domain/key/api-key.ts'
import type { Role } from '../../domain/role.ts'
import { retryWhileLosing } from '../../store/retry.ts'
import { findRolesEverHad } from '../../store/roles.ts'
import type { ManagementDeps } from '../deps.ts'

/** A role, and whether it is not deleted. */
export type RoleOfKey = Role & { readonly live: boolean }

/** The roles of these ids, of one account; deleted ones too, since a key always shows its role. */
export async function rolesOfKeys(
  deps: Pick<ManagementDeps, 'db'>,
  accountId: string,
  apiKeys: readonly ApiKey[],
): Promise<ReadonlyMap<string, RoleOfKey>> {
  const ids = [...new Set(apiKeys.map((apiKey) => apiKey.role.id))]
  if (ids.length === 0) return new Map()
  const roles = await retryWhileLosing(() => findRolesEverHad(deps.db, accountId, ids))
  return new Map(roles.map((role) => [role.id, role]))
}
