import { type RawBuilder, sql } from 'kysely'
import { formatTime } from '../domain/format-time.ts'
import { type ApiKey, type KeyStatus, keyStatuses } from '../domain/key/api-key.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import { groupCondition, groupsOf, indexedByExpiry } from './api-key-groups.ts'
import { selectApiKeys, toApiKey } from './api-key-rows.ts'
import {
  issuedBefore,
  type Select,
  selectByUse,
  selectExpiring,
  selectFound,
  selectRestricted,
  selectUnused,
  wasUsedOnlyBefore,
} from './api-key-selections.ts'
import type { Executor } from './database.ts'
import { expiry, inPage, partsOf, takePage } from './paging.ts'
import { hasWords } from './search-words.ts'

/** The keys to list: those that pass every condition that is given. */
export interface ApiKeyFilter {
  readonly statuses?: readonly KeyStatus[]
  readonly name?: string
  readonly namePrefix?: string
  /** Words, each of which begins a word of the name or of the description. */
  readonly words?: readonly string[]
  readonly role?: { readonly id: string } | { readonly foldedName: string }
  /** Keys of the platform are found by their id only if the reader may know them. */
  readonly createdBy?: { readonly id: string; readonly platformToo: boolean }
  /** The id of an allow list that the keys use; keys that are revoked use none. */
  readonly allowListId?: string
  readonly expiresBefore?: Date
  readonly lastUsedBefore?: Date
}

/**
 * A page of the account's keys that pass the filter, in the requested order. The keys that each
 * status can contribute are read from the indexes of that status, and the page is merged from them:
 * first of ids, which an index often holds together with every filtered column, then of the rows of
 * the listed keys alone.
 */
export async function listApiKeys(
  db: Executor,
  accountId: string,
  filter: ApiKeyFilter,
  page: PageRequest,
  now: Date,
): Promise<Page<ApiKey>> {
  const roleIds = filter.role && (await roleIdsOf(db, accountId, filter.role))
  if (roleIds?.length === 0) return { items: [], next: null }
  const selections = selectionsOf(accountId, filter, roleIds, page, now)
  if (selections.length === 0) return { items: [], next: null }
  const found = db
    .selectFrom(sql<{ id: string }>`(${sql.join(selections, sql` union all `)})`.as('found'))
    .select('found.id')
  const keys = sql`(
    select api_key.* from ${inPage(found, 'found', page)} as found
    join api_key on api_key.id = found.id)`
  const { items, next } = await takePage(selectApiKeys(db, keys), 'api_key', page, (row, field) => {
    if (field === 'name') return row.name
    const time = field === 'created_at' ? row.created_at : row.expires_at
    return formatTime(time)
  })
  return { items: items.map(toApiKey), next }
}

/** The ids of keys and the values that they are sorted by, from which the page is merged. */
function selectionsOf(
  accountId: string,
  filter: ApiKeyFilter,
  roleIds: readonly string[] | undefined,
  page: PageRequest,
  now: Date,
): RawBuilder<unknown>[] {
  const { lastUsedBefore, ...others } = filter
  const asksNothingElse = Object.values(others).every((value) => value === undefined)
  if (lastUsedBefore !== undefined && asksNothingElse && page.sort.field === 'created_at') {
    return [selectByUse(accountId, lastUsedBefore, page)]
  }
  const conditions = conditionsOf(accountId, filter, roleIds)
  return groupsOf(filter.statuses ?? keyStatuses).flatMap((group) => {
    const onlyExpiring = group === 'expired' || filter.expiresBefore !== undefined
    return partsOf(page, onlyExpiring).map((part): RawBuilder<unknown> => {
      const all = [...conditions, groupCondition(group, now), ...part.conditions]
      const select: Select = (rows, ...more) => sql`(
        select api_key.id, ${sql.ref(`api_key.${page.sort.field}`)} from ${rows} as api_key
        where ${sql.join([...more, ...all], sql` and `)} ${part.orderAndLimit})`
      const selectOf: Select =
        lastUsedBefore === undefined
          ? select
          : (rows, ...more) => select(rows, ...more, wasUsedOnlyBefore(lastUsedBefore))
      if (filter.allowListId !== undefined) {
        const { allowListId, words } = filter
        const selectWorded: Select =
          words === undefined
            ? selectOf
            : (rows, ...more) => selectOf(rows, ...more, ...hasWords({ accountId, words }))
        return selectRestricted(selectWorded, page, { accountId, allowListId })
      }
      if (filter.words !== undefined) {
        return selectFound(selectOf, page, { accountId, words: filter.words })
      }
      if (!onlyExpiring || page.sort.field === 'expires_at') {
        if (lastUsedBefore === undefined) return select(sql`api_key`)
        return selectUnused(select, page, { accountId, lastUsedBefore })
      }
      return selectExpiring(selectOf, page, [
        sql`api_key.account_id = ${accountId}`,
        sql`${expiry} < ${filter.expiresBefore ?? 'infinity'}`,
        indexedByExpiry(group, now),
      ])
    })
  })
}

/** Neither a key nor a person of the platform issued the key: tenants know neither. */
export const createdByNoPlatform = sql`api_key.created_by_kind <> 'platform'
  and api_key.created_by_verified is distinct from 'platform'`

/** The conditions that do not depend on the status. */
function conditionsOf(
  accountId: string,
  filter: ApiKeyFilter,
  roleIds: readonly string[] | undefined,
): RawBuilder<unknown>[] {
  const { name, namePrefix, createdBy, expiresBefore, lastUsedBefore } = filter
  const conditions: RawBuilder<unknown>[] = [sql`api_key.account_id = ${accountId}`]
  if (name !== undefined) conditions.push(sql`api_key.name = ${name}`)
  if (namePrefix !== undefined) conditions.push(namePrefixed(namePrefix))
  if (roleIds !== undefined) {
    // One role is the common case, and the index on it is sorted too; a name that deleted roles
    // have had matches several.
    const [roleId, ...more] = roleIds
    conditions.push(
      more.length === 0
        ? sql`api_key.role_id = ${roleId}`
        : sql`api_key.role_id = any(${roleIds}::uuid[])`,
    )
  }
  if (createdBy !== undefined) {
    conditions.push(sql`api_key.created_by_id = ${createdBy.id}`)
    if (!createdBy.platformToo) conditions.push(createdByNoPlatform)
  }
  if (expiresBefore !== undefined) {
    conditions.push(sql`${expiry} < ${expiresBefore}`)
    // A key is issued before it expires; the margin allows for clocks a day apart.
    conditions.push(issuedBefore('api_key', expiresBefore))
  }
  if (lastUsedBefore !== undefined) {
    // No key is used before it is issued. Without this condition, a list of unused keys that begins
    // with the latest reads through all keys that are younger.
    conditions.push(issuedBefore('api_key', lastUsedBefore))
  }
  return conditions
}

/**
 * The roles of the account that a filter names, deleted ones included: an old key always shows its
 * role.
 */
async function roleIdsOf(
  db: Executor,
  accountId: string,
  role: NonNullable<ApiKeyFilter['role']>,
): Promise<string[]> {
  if ('id' in role) return [role.id]
  const rows = await db
    .selectFrom('role')
    .select('id')
    .where('account_id', '=', accountId)
    .where('folded_name', '=', role.foldedName)
    .execute()
  return rows.map((row) => row.id)
}

/** Names are compared by their bytes (collate "C"), so that the index serves a prefix. */
export function namePrefixed(prefix: string): RawBuilder<boolean> {
  const pattern = `${prefix.replace(/[\\%_]/g, '\\$&')}%`
  return sql<boolean>`api_key.name like ${pattern}`
}
