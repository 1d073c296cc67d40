import { type RawBuilder, sql } from 'kysely'
import type { Actor, ApiKey, KeyStatus, Reach } from '../domain/api-key.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { takePage } from './paging.ts'

/** The index that makes a key's name unique in its account among the keys that hold it. */
export const keyNameIndex = 'api_key_name'

export interface NewApiKey {
  readonly id: string
  readonly accountId: string
  readonly name: string
  readonly description: string
  readonly roleId: string
  readonly reach: Reach
  readonly allowListIds: readonly string[]
  readonly tokenPrefix: string
  readonly createdAt: Date
  readonly createdBy: Actor
  readonly expiresAt: Date | null
}

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

/** Inserts the key and binds its lists. The role and the lists must be live and of its account, or the database refuses it. */
export async function insertApiKey(trx: StoreTransaction, key: NewApiKey): Promise<void> {
  await trx
    .insertInto('api_key')
    .values({
      id: key.id,
      account_id: key.accountId,
      name: key.name,
      description: key.description,
      role_id: key.roleId,
      reach: key.reach,
      token_prefix: key.tokenPrefix,
      created_at: key.createdAt,
      created_by_kind: key.createdBy.kind,
      created_by_id: key.createdBy.id,
      created_by_name: key.createdBy.name,
      expires_at: key.expiresAt,
      live: true,
    })
    .execute()
  if (key.allowListIds.length === 0) return
  await trx
    .insertInto('api_key_allow_list')
    .values(
      key.allowListIds.map((listId) => ({
        account_id: key.accountId,
        api_key_id: key.id,
        allow_list_id: listId,
        live: true as const,
      })),
    )
    .execute()
}

/** The key of that id, of any account when none is named. */
export async function findApiKey(
  db: Executor,
  id: string,
  accountId?: string,
): Promise<ApiKey | undefined> {
  let query = apiKeys(db).where('api_key.id', '=', id)
  if (accountId !== undefined) query = query.where('api_key.account_id', '=', accountId)
  const row = await query.executeTakeFirst()
  return row && toApiKey(row)
}

/** The key for update: nobody else changes it until the transaction ends. */
export async function lockApiKey(
  trx: StoreTransaction,
  accountId: string,
  id: string,
): Promise<ApiKey | undefined> {
  const locked = await trx
    .selectFrom('api_key')
    .select('id')
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .forUpdate()
    .executeTakeFirst()
  return locked && findApiKey(trx, id, accountId)
}

export async function listApiKeys(
  db: Executor,
  accountId: string,
  filter: ApiKeyFilter,
  page: PageRequest,
  now: Date,
): Promise<Page<ApiKey>> {
  let query = apiKeys(db).where('api_key.account_id', '=', accountId)
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

/** Ends the key for good and lets go of its name, its role and its lists. */
export async function revokeApiKey(
  trx: StoreTransaction,
  id: string,
  revocation: { readonly at: Date; readonly by: Actor; readonly reason: string | null },
): Promise<void> {
  await trx
    .updateTable('api_key_allow_list')
    .set({ live: null })
    .where('api_key_id', '=', id)
    .execute()
  await trx
    .updateTable('api_key')
    .set({
      revoked_at: revocation.at,
      revoked_by_kind: revocation.by.kind,
      revoked_by_id: revocation.by.id,
      revoked_by_name: revocation.by.name,
      revocation_reason: revocation.reason,
      live: null,
    })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .execute()
}

/** Suspends the key, or with null ends its suspension. */
export async function setDisabledAt(
  trx: StoreTransaction,
  id: string,
  disabledAt: Date | null,
): Promise<void> {
  await trx.updateTable('api_key').set({ disabled_at: disabledAt }).where('id', '=', id).execute()
}

function apiKeys(db: Executor) {
  return db
    .selectFrom('api_key')
    .innerJoin('role', 'role.id', 'api_key.role_id')
    .leftJoin('api_key_usage', 'api_key_usage.api_key_id', 'api_key.id')
    .select([
      'api_key.id',
      'api_key.account_id',
      'api_key.name',
      'api_key.description',
      'api_key.role_id',
      'role.name as role_name',
      'api_key.reach',
      'api_key.token_prefix',
      'api_key.created_at',
      'api_key.created_by_kind',
      'api_key.created_by_id',
      'api_key.created_by_name',
      'api_key.expires_at',
      'api_key.disabled_at',
      'api_key.revoked_at',
      'api_key.revoked_by_kind',
      'api_key.revoked_by_id',
      'api_key.revoked_by_name',
      'api_key.revocation_reason',
      'api_key_usage.last_used_at',
      'api_key_usage.use_count',
      sql<string[]>`array(
        select allow_list_id from api_key_allow_list
        where api_key_allow_list.api_key_id = api_key.id order by allow_list_id)`.as(
        'allow_list_ids',
      ),
    ])
}

type ApiKeyResult = Awaited<ReturnType<ReturnType<typeof apiKeys>['executeTakeFirstOrThrow']>>

function toApiKey(row: ApiKeyResult): ApiKey {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    description: row.description,
    role: { id: row.role_id, name: row.role_name },
    reach: row.reach,
    allowListIds: row.allow_list_ids,
    tokenPrefix: row.token_prefix,
    createdAt: row.created_at,
    createdBy: {
      kind: row.created_by_kind,
      id: row.created_by_id,
      name: row.created_by_name,
    },
    expiresAt: row.expires_at,
    disabledAt: row.disabled_at,
    revokedAt: row.revoked_at,
    revokedBy: row.revoked_by_kind && {
      kind: row.revoked_by_kind,
      id: row.revoked_by_id,
      name: row.revoked_by_name,
    },
    revocationReason: row.revocation_reason,
    lastUsedAt: row.last_used_at,
    useCount: Number(row.use_count ?? 0),
  }
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
