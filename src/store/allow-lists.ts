import { sql } from 'kysely'
import type { AllowList } from '../domain/network/allow-list.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { nextUpdate } from './database-clock.ts'
import { nameColumns, renamedColumns } from './name-skeletons.ts'
import { takePage } from './paging.ts'

const columns = [
  'allow_list.id',
  'allow_list.account_id',
  'allow_list.name',
  'allow_list.description',
  'allow_list.entries',
  'allow_list.created_at',
  'allow_list.updated_at',
] as const

/** The unique index on the names of an account's allow lists. */
export const allowListNameIndex = 'allow_list_name'
/** The constraint that refuses to delete a list while a live key uses the list. */
export const allowListUseConstraint = 'api_key_uses_allow_list'

/**
 * Inserts a live list, and returns it as stored. A live list of the account with a name that looks
 * the same violates the unique index of skeletons.
 */
export async function insertAllowList(trx: StoreTransaction, list: AllowList): Promise<AllowList> {
  const row = await trx
    .insertInto('allow_list')
    .values({
      id: list.id,
      account_id: list.accountId,
      ...nameColumns('allow_list', list.name),
      description: list.description,
      entries: [...list.entries],
      created_at: list.createdAt,
      updated_at: list.updatedAt,
      live: true,
    })
    .returning(columns)
    .executeTakeFirstOrThrow()
  return toAllowList(row)
}

/** A live list of the account; a deleted one is not found. */
export async function findAllowList(
  db: Executor,
  accountId: string,
  id: string,
): Promise<AllowList | undefined> {
  const row = await liveLists(db, accountId).where('id', '=', id).executeTakeFirst()
  return row && toAllowList(row)
}

/**
 * The same, locked FOR UPDATE: no other transaction changes, deletes or starts to use it until this
 * one ends.
 */
export async function lockAllowList(
  trx: StoreTransaction,
  accountId: string,
  id: string,
): Promise<AllowList | undefined> {
  const row = await liveLists(trx, accountId).where('id', '=', id).forUpdate().executeTakeFirst()
  return row && toAllowList(row)
}

/**
 * A page of the account's lists. With `keyIds`, only lists that a key of these ids uses, live or
 * not.
 */
export async function listAllowLists(
  db: Executor,
  accountId: string,
  page: PageRequest,
  filter: { readonly ofApiKeys?: readonly string[] } = {},
): Promise<Page<AllowList>> {
  const { ofApiKeys } = filter
  let query = liveLists(db, accountId)
  if (ofApiKeys !== undefined) {
    query = query.where('id', 'in', (inner) =>
      inner
        .selectFrom('api_key_allow_list')
        .select('allow_list_id')
        .where('account_id', '=', accountId)
        .where('api_key_id', 'in', ofApiKeys),
    )
  }
  const { items, next } = await takePage(query, 'allow_list', page, (row, field) =>
    field === 'name' ? row.name : row.created_at.toISOString(),
  )
  return { items: items.map(toAllowList), next }
}

/**
 * Replaces what a list says, and returns it as stored. Other entries give it a new version, by
 * which every instance notices that it has parsed old ones.
 */
export async function updateAllowList(
  trx: StoreTransaction,
  list: Pick<AllowList, 'id' | 'name' | 'description' | 'entries'>,
  now: Date,
): Promise<AllowList> {
  const row = await trx
    .updateTable('allow_list')
    .set({
      ...renamedColumns('allow_list', list.name),
      description: list.description,
      entries: [...list.entries],
      // An instance that has parsed a version reads the list again. The trigger that does the same
      // for the version before may be disabled.
      version: sql`case when entries is distinct from ${[...list.entries]} then gen_random_uuid()
        else version end`,
      updated_at: nextUpdate(now),
    })
    .where('id', '=', list.id)
    .returning(columns)
    .executeTakeFirstOrThrow()
  return toAllowList(row)
}

/**
 * Deletes the list logically. The database refuses it, by allowListUseConstraint, while a live key
 * uses the list.
 */
export async function deleteStoredAllowList(
  trx: StoreTransaction,
  id: string,
  now: Date,
): Promise<void> {
  await trx
    .updateTable('allow_list')
    .set({ live: false, deleted_at: now })
    .where('id', '=', id)
    .execute()
}

function liveLists(db: Executor, accountId: string) {
  return db
    .selectFrom('allow_list')
    .select(columns)
    .where('account_id', '=', accountId)
    .where('live', '=', true)
}

function toAllowList(row: {
  id: string
  account_id: string
  name: string
  description: string
  entries: string[]
  created_at: Date
  updated_at: Date
}): AllowList {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    description: row.description,
    entries: row.entries,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
