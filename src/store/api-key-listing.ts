import { type RawBuilder, sql } from 'kysely'
import type { ApiKey, KeyStatus } from '../domain/api-key.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import { selectApiKeys, toApiKey } from './api-key-rows.ts'
import type { Executor } from './database.ts'
import { takePage } from './paging.ts'

/** Which keys to list; all that are given must hold. */
export interface ApiKeyFilter {
  readonly statuses?: readonly KeyStatus[]
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
  if (filter.statuses !== undefined) query = query.where(hasStatus(filter.statuses, now))
  if (filter.namePrefix !== undefined) query = query.where(namePrefixed(filter.namePrefix))
  if (filter.role !== undefined) {
    query =
      'id' in filter.role
        ? query.where('api_key.role_id', '=', filter.role.id)
        : query.where('role.folded_name', '=', filter.role.foldedName)
  }
  if (filter.createdBy !== undefined) {
    query = query.where('api_key.created_by_id', '=', filter.createdBy.id)
    if (!filter.createdBy.platformToo) {
      query = query.where('api_key.created_by_kind', '<>', 'platform')
    }
  }
  if (filter.expiresBefore !== undefined) {
    query = query.where('api_key.expires_at', '<', filter.expiresBefore)
  }
  if (filter.lastUsedBefore !== undefined) {
    query = query.where('api_key_usage.last_used_at', '<', filter.lastUsedBefore)
  }
  const { items, next } = await takePage(query, 'api_key', page, (row, field) => {
    if (field === 'name') return row.name
    const time = field === 'created_at' ? row.created_at : row.expires_at
    return time?.toISOString() ?? null
  })
  return { items: items.map(toApiKey), next }
}

/** The SQL twin of statusOf: each status excludes those before it. */
function hasStatus(statuses: readonly KeyStatus[], now: Date): RawBuilder<boolean> {
  const conditions = statuses.map((status) => statusCondition(status, now))
  return sql<boolean>`(${sql.join(conditions, sql` or `)})`
}

function statusCondition(status: KeyStatus, now: Date): RawBuilder<unknown> {
  switch (status) {
    case 'revoked':
      return sql`api_key.revoked_at is not null`
    case 'disabled':
      return sql`(api_key.revoked_at is null and api_key.disabled_at is not null)`
    case 'expired':
      return sql`(api_key.revoked_at is null and api_key.disabled_at is null
        and api_key.expires_at <= ${now})`
    case 'active':
      return sql`(api_key.revoked_at is null and api_key.disabled_at is null
        and (api_key.expires_at is null or api_key.expires_at > ${now}))`
  }
}

/** Names are compared by their bytes (collate "C"), so that the index serves a prefix. */
function namePrefixed(prefix: string): RawBuilder<boolean> {
  const pattern = `${prefix.replace(/[\\%_]/g, '\\$&')}%`
  return sql<boolean>`api_key.name like ${pattern}`
}
