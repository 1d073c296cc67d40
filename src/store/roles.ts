import type { Page, PageRequest } from '../domain/page.ts'
import type { EffectivePermissions } from '../domain/permission.ts'
import { foldRoleName, type Role } from '../domain/role.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { nextUpdate } from './database-clock.ts'
import { nameColumns, renamedColumns } from './name-skeletons.ts'
import { takePage } from './paging.ts'

const columns = [
  'role.id',
  'role.account_id',
  'role.name',
  'role.description',
  'role.permissions',
  'role.built_in',
  'role.created_at',
  'role.updated_at',
] as const

/** The roles to list: those that pass every condition that is given. */
export interface RoleFilter {
  readonly foldedName?: string
  readonly builtIn?: boolean
}

/** A role with its effective permissions. */
export interface RoleWithEffects extends Role {
  readonly effective: readonly string[]
}

export interface RoleValues {
  readonly name: string
  readonly description: string
  readonly permissions: readonly string[]
  readonly effective: EffectivePermissions
}

export interface NewRole extends RoleValues {
  readonly id: string
  readonly accountId: string
  readonly platform: boolean
  readonly builtIn: boolean
  readonly now: Date
}

/** The unique index on the names of an account's roles, case-insensitive. */
export const roleNameIndex = 'role_name'
/** The constraint that refuses to delete a role while a live key has the role. */
export const roleUseConstraint = 'api_key_uses_role'

/**
 * Inserts a live role, and returns it as stored. A live role of the account with a name that looks
 * the same violates the unique index of skeletons.
 */
export async function insertRole(trx: StoreTransaction, role: NewRole): Promise<Role> {
  const row = await trx
    .insertInto('role')
    .values({
      id: role.id,
      account_id: role.accountId,
      platform: role.platform,
      built_in: role.builtIn,
      created_at: role.now,
      live: true,
      ...nameColumns('role', role.name),
      ...writable(role, role.now),
    })
    .returning(columns)
    .executeTakeFirstOrThrow()
  return toRole(row)
}

/**
 * The live role of that id or, for any other text, of that name, with its effective permissions.
 */
export async function findRoleWithEffects(
  db: Executor,
  accountId: string,
  by: { readonly id: string } | { readonly name: string },
): Promise<RoleWithEffects | undefined> {
  const query = liveRoles(db, accountId).select(['effective_account', 'effective_platform'])
  const row = await ('id' in by
    ? query.where('id', '=', by.id)
    : query.where('folded_name', '=', foldRoleName(by.name))
  ).executeTakeFirst()
  return row && { ...toRole(row), effective: effectiveOf(row) }
}

/** What a role is locked for. */
export type LockPurpose = 'edit' | 'delete'

/**
 * The role, locked: no other transaction changes or deletes it until this one ends. A lock to edit
 * lets foreign-key checks pass (FOR NO KEY UPDATE): a transaction that holds the counter and
 * updates a key must not wait for one that holds the role and waits for the counter. A transaction
 * that deletes a role never waits for the counter.
 */
export async function lockRole(
  trx: StoreTransaction,
  accountId: string,
  id: string,
  purpose: LockPurpose,
): Promise<RoleWithEffects | undefined> {
  const query = liveRoles(trx, accountId)
    .select(['effective_account', 'effective_platform'])
    .where('id', '=', id)
  const locked = purpose === 'edit' ? query.forNoKeyUpdate() : query.forUpdate()
  const row = await locked.executeTakeFirst()
  return row && { ...toRole(row), effective: effectiveOf(row) }
}

/** Locks the role against deletion until the transaction ends (FOR KEY SHARE); it may be edited. */
export async function lockRoleShared(trx: StoreTransaction, id: string): Promise<void> {
  await trx.selectFrom('role').select('id').where('id', '=', id).forKeyShare().execute()
}

/**
 * A page of the live roles of an account, in the order of `page`, with what their permissions
 * imply.
 */
export async function listRoles(
  db: Executor,
  accountId: string,
  page: PageRequest,
  filter: RoleFilter = {},
): Promise<Page<RoleWithEffects>> {
  let query = liveRoles(db, accountId).select(['effective_account', 'effective_platform'])
  if (filter.foldedName !== undefined) query = query.where('folded_name', '=', filter.foldedName)
  if (filter.builtIn !== undefined) query = query.where('built_in', '=', filter.builtIn)
  const { items, next } = await takePage(query, 'role', page, (row, field) =>
    field === 'name' ? row.name : row.created_at.toISOString(),
  )
  return { items: items.map((row) => ({ ...toRole(row), effective: effectiveOf(row) })), next }
}

/**
 * The account's roles of these ids, deleted ones included, and whether they are live: a key always
 * shows its role.
 */
export async function findRolesEverHad(
  db: Executor,
  accountId: string,
  ids: readonly string[],
): Promise<(Role & { readonly live: boolean })[]> {
  const rows = await db
    .selectFrom('role')
    .select([...columns, 'live'])
    .where('account_id', '=', accountId)
    .where('id', 'in', ids)
    .execute()
  return rows.map((row) => ({ ...toRole(row), live: row.live }))
}

/**
 * Replaces all values of a role, and returns it as stored. Keys and people have the new permissions
 * from the commit on, so the caller has locked the role and announces the account.
 */
export async function updateRole(
  trx: StoreTransaction,
  id: string,
  values: RoleValues,
  now: Date,
): Promise<Role> {
  const row = await trx
    .updateTable('role')
    .set({
      ...renamedColumns('role', values.name),
      ...writable(values, now),
      updated_at: nextUpdate(now),
    })
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirstOrThrow()
  return toRole(row)
}

/**
 * Deletes the role logically. The database refuses it, by roleUseConstraint, while a live key has
 * the role.
 */
export async function deleteStoredRole(
  trx: StoreTransaction,
  id: string,
  now: Date,
): Promise<void> {
  await trx
    .updateTable('role')
    .set({ live: false, deleted_at: now, updated_at: nextUpdate(now) })
    .where('id', '=', id)
    .execute()
}

/** Every live role, to apply a new catalogue to. */
export async function listAllRoles(
  trx: StoreTransaction,
): Promise<(Role & { readonly platform: boolean })[]> {
  const rows = await trx
    .selectFrom('role')
    .select([...columns, 'platform'])
    .where('live', '=', true)
    .orderBy('id')
    .execute()
  return rows.map((row) => ({ ...toRole(row), platform: row.platform }))
}

function liveRoles(db: Executor, accountId: string) {
  return db
    .selectFrom('role')
    .select(columns)
    .where('account_id', '=', accountId)
    .where('live', '=', true)
}

function writable(values: RoleValues, now: Date) {
  return {
    folded_name: foldRoleName(values.name),
    description: values.description,
    permissions: [...values.permissions],
    effective_account: [...values.effective.account],
    effective_platform: [...values.effective.platform],
    updated_at: now,
  }
}

function effectiveOf(row: { effective_account: string[]; effective_platform: string[] }): string[] {
  return [...row.effective_account, ...row.effective_platform]
}

function toRole(row: {
  id: string
  account_id: string
  name: string
  description: string
  permissions: string[]
  built_in: boolean
  created_at: Date
  updated_at: Date
}): Role {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    description: row.description,
    permissions: row.permissions,
    builtIn: row.built_in,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
