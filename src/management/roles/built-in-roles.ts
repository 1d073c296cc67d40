import type { IdDeps } from '../../acts/deps.ts'
import { newId } from '../../acts/ids.ts'
import type { Account } from '../../domain/account.ts'
import { type Catalogue, effectivePermissions } from '../../domain/permission.ts'
import { builtInRoles, type Role } from '../../domain/role.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { insertRole } from '../../store/roles.ts'

/** Gives a new account its built-in roles. Returns them, admin first. */
export async function insertBuiltInRoles(
  deps: IdDeps,
  trx: StoreTransaction,
  account: Account,
  catalogue: Catalogue,
  now: Date,
): Promise<Role[]> {
  const inserted: Role[] = []
  for (const role of builtInRoles(catalogue, account.platform)) {
    inserted.push(
      await insertRole(trx, {
        ...role,
        id: newId(deps),
        accountId: account.id,
        platform: account.platform,
        builtIn: true,
        effective: effectivePermissions(catalogue, role.permissions),
        now,
      }),
    )
  }
  return inserted
}
