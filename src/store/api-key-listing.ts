import { type RawBuilder, sql } from 'kysely'
import type { ApiKey, KeyStatus } from '../domain/api-key.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import { selectApiKeys, toApiKey } from './api-key-rows.ts'
import type { Executor } from './database.ts'
import { expiryIn, takePage } from './paging.ts'

const aDayMs = 24 * 60 * 60 * 1000

/** Which keys to list; all that are given must hold. */
export interface ApiKeyFilter {
  readonly statuses?: readonly KeyStatus[]
  readonly name?: string
  readonly namePrefix?: string
  readonly role?: { readonly id: string } | { readonly foldedName: string }
  /** Keys of the platform are found by their id only if the reader may know them. */
  readonly createdBy?: { readonly id: string; readonly platformToo: boolean }
  readonly expiresBefore?: Date
  readonly lastUsedBefore?: Date
}

/** The account's keys that pass the filter, a page of them in the order asked for. */
export async function listApiKeys(
  db: Executor,
  accountId: string,
  filter: ApiKeyFilter,
  page: PageRequest,
  now: Date,
): Promise<Page<ApiKey>> {
  let query = selectApiKeys(db).where('api_key.account_id', '=', accountId)
  if (filter.statuses !== undefined) query = query.where(hasStatus(filter.statuses, page, now))
  if (filter.name !== undefined) query = query.where('api_key.name', '=', filter.name)
  if (filter.namePrefix !== undefined) query = query.where(namePrefixed(filter.namePrefix))
  if (filter.role !== undefined) {
    const ids = await roleIdsOf(db, accountId, filter.role)
    if (ids.length === 0) return { items: [], next: null }
    // One role is the rule, and its index has the order too; of a name that deleted ones had there are more.
    query =
      ids.length === 1
        ? query.where('api_key.role_id', '=', ids[0] ?? '')
        : query.where('api_key.role_id', 'in', ids)
  }
  if (filter.createdBy !== undefined) {
    query = query.where('api_key.created_by_id', '=', filter.createdBy.id)
    if (!filter.createdBy.platformToo) {
      query = query.where('api_key.created_by_kind', '<>', 'platform')
    }
  }
  if (filter.expiresBefore !== undefined) {
    query = query.where(expiresUntil(page, sql`< ${filter.expiresBefore}`))
  }
  if (filter.lastUsedBefore !== undefined) {
    query = query
      .where('api_key_usage.account_id', '=', accountId)
      .where('api_key_usage.last_used_at', '<', filter.lastUsedBefore)
      // No key is used before it is issued, clocks a day apart allowed for: else a list of what nobody uses
      // any more, the latest first, reads its way through all that is younger.
      .where('api_key.created_at', '<', new Date(filter.lastUsedBefore.getTime() + aDayMs))
  }
  const { items, next } = await takePage(query, 'api_key', page, (row, field) => {
    if (field === 'name') return row.name
    const time = field === 'created_at' ? row.created_at : row.expires_at
    return time?.toISOString() ?? null
  })
  return { items: items.map(toApiKey), next }
}

/** The roles of the account that a filter names; a deleted one too, since an old key always shows its role. */
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

/** Whether the expiry, if there is one, is before a time, in the words of the index that has the order. */
function expiresUntil(page: PageRequest, until: RawBuilder<unknown>): RawBuilder<boolean> {
  const expiry = expiryIn(page)
  return sql<boolean>`(${expiry} ${until} and ${expiry} > '-infinity')`
}

/** The SQL twin of statusOf: each status excludes those before it. */
function hasStatus(
  statuses: readonly KeyStatus[],
  page: PageRequest,
  now: Date,
): RawBuilder<boolean> {
  const conditions = statuses.map((status) => statusCondition(status, page, now))
  return sql<boolean>`(${sql.join(conditions, sql` or `)})`
}

function statusCondition(status: KeyStatus, page: PageRequest, now: Date): RawBuilder<unknown> {
  switch (status) {
    case 'revoked':
      return sql`api_key.revoked_at is not null`
    case 'disabled':
      return sql`(api_key.revoked_at is null and api_key.disabled_at is not null)`
    case 'expired':
      return sql`(api_key.revoked_at is null and api_key.disabled_at is null
        and ${expiresUntil(page, sql`<= ${now}`)})`
    case 'active':
      return sql`(api_key.revoked_at is null and api_key.disabled_at is null
        and coalesce(api_key.expires_at, 'infinity') > ${now})`
  }
}

/** Names are compared by their bytes (collate "C"), so that the index serves a prefix. */
export function namePrefixed(prefix: string): RawBuilder<boolean> {
  const pattern = `${prefix.replace(/[\\%_]/g, '\\$&')}%`
  return sql<boolean>`api_key.name like ${pattern}`
}
