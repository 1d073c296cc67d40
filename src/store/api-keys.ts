import type { Actor, ApiKey, Reach } from '../domain/key/api-key.ts'
import type { Metadata } from '../domain/key/metadata.ts'
import { selectApiKeys, toApiKey } from './api-key-rows.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { nameColumns } from './name-skeletons.ts'

/** The unique index on the names of an account's live keys. */
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
  /** Absent: no entries. */
  readonly metadata?: Metadata
}

/**
 * Inserts the key and its references to lists. The database refuses it unless the role and the
 * lists are live and of the key's account.
 */
export async function insertApiKey(trx: StoreTransaction, key: NewApiKey): Promise<void> {
  await trx
    .insertInto('api_key')
    .values({
      id: key.id,
      account_id: key.accountId,
      ...nameColumns('api_key', key.name),
      description: key.description,
      role_id: key.roleId,
      reach: key.reach,
      token_prefix: key.tokenPrefix,
      created_at: key.createdAt,
      created_by_kind: key.createdBy.kind,
      created_by_id: key.createdBy.id,
      created_by_name: key.createdBy.name,
      created_by_verified: key.createdBy.verified ?? null,
      expires_at: key.expiresAt,
      metadata: JSON.stringify(key.metadata ?? {}),
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

/** The key of that id; without `accountId`, of any account. */
export async function findApiKey(
  db: Executor,
  id: string,
  accountId?: string,
): Promise<ApiKey | undefined> {
  let query = selectApiKeys(db).where('api_key.id', '=', id)
  if (accountId !== undefined) query = query.where('api_key.account_id', '=', accountId)
  const row = await query.executeTakeFirst()
  return row && toApiKey(row)
}

/** The keys of these ids that exist, in the order of the ids. */
export async function findApiKeys(db: Executor, ids: readonly string[]): Promise<ApiKey[]> {
  if (ids.length === 0) return []
  const rows = await selectApiKeys(db).where('api_key.id', 'in', ids).execute()
  const found = new Map(rows.map((row) => [row.id, toApiKey(row)]))
  return ids.flatMap((id) => found.get(id) ?? [])
}

/** The key, locked FOR UPDATE: no other transaction changes it until this one ends. */
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

/** Revokes the key, and releases its name, its role and its lists. */
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
      revoked_by_verified: revocation.by.verified ?? null,
      revocation_reason: revocation.reason,
      live: null,
    })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .execute()
}

/** Disables the key, or with null enables it. */
export async function setDisabledAt(
  trx: StoreTransaction,
  id: string,
  disabledAt: Date | null,
): Promise<void> {
  await trx.updateTable('api_key').set({ disabled_at: disabledAt }).where('id', '=', id).execute()
}
