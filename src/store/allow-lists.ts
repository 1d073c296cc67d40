import { sql } from 'kysely'
import type { AllowList } from '../domain/network/allow-list.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { nameColumns, renamedColumns } from './name-skeletons.ts'
import { nextUpdate } from './next-update.ts'
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

export async function findAllowList(
  db: Executor,
  accountId: string,
  id: string,
): Promise<AllowList | undefined> {
  const row = await liveLists(db, accountId).where('id', '=', id).executeTakeFirst()
  return row && toAllowList(row)
}

/** An allow list of a key, its entries in one text, separated by spaces. */
export interface ListText extends Pick<AllowList, 'id' | 'name'> {
  readonly entries: string
}

/** The live lists of a key, in order of name. The driver splits an array letter by letter. */
export async function findListTextsOfKey(db: Executor, apiKeyId: string): Promise<ListText[]> {
  return db
    .selectFrom('api_key_allow_list')
    .innerJoin('allow_list', 'allow_list.id', 'api_key_allow_list.allow_list_id')
    .where('api_key_allow_list.api_key_id', '=', apiKeyId)
    .where('allow_list.live', '=', true)
    .select([
      'allow_list.id',
      'allow_list.name',
      sql<string>`array_to_string(entries, ' ')`.as('entries'),
    ])
    .orderBy('allow_list.name')
    .execute()
}

/**
 * Locks the live lists of a key FOR SHARE: no other transaction changes or deletes them until this
 * one ends.
 */
export async function lockListsOfKeyShared(trx: StoreTransaction, apiKeyId: string): Promise<void> {
  await trx
    .selectFrom('allow_list')
    .select('id')
    .where('live', '=', true)
    .where('id', 'in', (inner) =>
      inner
        .selectFrom('api_key_allow_list')
        .select('allow_list_id')
        .where('api_key_id', '=', apiKeyId),
    )
    .orderBy('id')
    .forShare()
    .execute()
}

/** How many entries each list among `ids` has that is a live list of the account, by its id. */
export async function countEntriesOfLists(
  db: Executor,
  accountId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('allow_list')
    .select(['id', entryCount.as('entry_count')])
    .where('account_id', '=', accountId)
    .where('live', '=', true)
    .where('id', 'in', ids)
    .execute()
  return new Map(rows.map((row) => [row.id, row.entry_count]))
}

/**
 * The most entries that all lists of one live key have together, among the keys that use a list.
 */
export async function maxEntriesOfKeysWith(
  trx: StoreTransaction,
  accountId: string,
  id: string,
): Promise<number> {
  // Each list is counted once: counting decompresses its entries.
  const { rows } = await sql<{ most: number }>`
    with counted as materialized (
      select id, ${entryCount} as entry_count from allow_list
      where account_id = ${accountId} and live
    ), sums as (
      select sum(counted.entry_count) as entry_count
      from api_key_allow_list as use
        join api_key_allow_list as bound on bound.api_key_id = use.api_key_id
        join counted on counted.id = bound.allow_list_id
      where use.account_id = ${accountId} and use.allow_list_id = ${id} and use.live
      group by use.api_key_id
    )
    select coalesce(max(entry_count), 0)::int as most from sums`.execute(trx)
  return rows[0]?.most ?? 0
}

const entryCount = sql<number>`cardinality(allow_list.entries)`

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

/**
 * The union of the permissions of the live keys that are restricted to a list; undefined when there
 * is no such key.
 */
export async function permissionsReachedThrough(
  trx: StoreTransaction,
  accountId: string,
  id: string,
): Promise<readonly string[] | undefined> {
  const rows = await trx
    .selectFrom('api_key_allow_list')
    .innerJoin('api_key', 'api_key.id', 'api_key_allow_list.api_key_id')
    .innerJoin('role', 'role.id', 'api_key.role_id')
    .select(['role.id', 'role.effective_account', 'role.effective_platform'])
    .distinct()
    .where('api_key_allow_list.account_id', '=', accountId)
    .where('api_key_allow_list.allow_list_id', '=', id)
    .where('api_key_allow_list.live', '=', true)
    .execute()
  if (rows.length === 0) return undefined
  return [
    ...new Set(rows.flatMap((row) => [...row.effective_account, ...row.effective_platform])),
  ].sort()
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
