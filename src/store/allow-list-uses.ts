import { sql } from 'kysely'
import type { AllowList } from '../domain/network/allow-list.ts'
import type { Executor, StoreTransaction } from './database.ts'

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

const entryCount = sql<number>`cardinality(allow_list.entries)`
