import type { Rights } from '../domain/rights.ts'
import { foldRoleName } from '../domain/role.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { internRole } from './tuning/interning.ts'
import { permissionNames, permissionSetOf } from './tuning/permission-sets.ts'

/** What a role allows. */
export type RoleRights = Pick<Rights, 'role' | 'platform' | 'permissions' | 'holds'>

export type RoleNamed = { readonly id: string } | { readonly name: string }

/** What a live role of the account allows; undefined: there is none of that id or name. */
export async function findRoleRights(
  db: Executor,
  accountId: string,
  by: RoleNamed,
): Promise<RoleRights | undefined> {
  const row = await selectRole(db, accountId, by).executeTakeFirst()
  return row && toRights(row)
}

/** The same inside the transaction of an act, locked FOR SHARE: an act that edits it waits. */
export async function lockRoleRights(
  trx: StoreTransaction,
  accountId: string,
  id: string,
): Promise<RoleRights | undefined> {
  const row = await selectRole(trx, accountId, { id }).forShare().executeTakeFirst()
  return row && toRights(row)
}

function selectRole(db: Executor, accountId: string, by: RoleNamed) {
  const query = db
    .selectFrom('role')
    .select(['role.id', 'role.name', 'role.platform', permissionNames.as('permissions')])
    .where('account_id', '=', accountId)
    .where('live', '=', true)
  return 'id' in by
    ? query.where('id', '=', by.id)
    : query.where('folded_name', '=', foldRoleName(by.name))
}

interface RoleRow {
  readonly id: string
  readonly name: string
  readonly platform: boolean
  readonly permissions: string
}

function toRights({ id, name, platform, permissions }: RoleRow): RoleRights {
  return { role: internRole(id, name), platform, ...permissionSetOf(permissions) }
}
