import { sql } from 'kysely'
import type { Reach } from '../domain/key/api-key.ts'
import type { Metadata } from '../domain/key/metadata.ts'
import type { StoreTransaction } from './database.ts'
import { renamedColumns } from './name-skeletons.ts'

/** The columns of a key that can change, except its state. */
export interface ApiKeyValues {
  readonly name: string
  readonly description: string
  readonly roleId: string
  readonly reach: Reach
  readonly allowListIds: readonly string[]
  readonly expiresAt: Date | null
  readonly metadata: Metadata
}

/**
 * Updates a locked key. The database refuses it unless the role and the lists are live and of the
 * key's account, and the name is free.
 */
export async function updateApiKey(
  trx: StoreTransaction,
  id: string,
  values: ApiKeyValues,
): Promise<void> {
  await trx
    .updateTable('api_key')
    .set({
      ...renamedColumns('api_key', values.name),
      description: values.description,
      role_id: values.roleId,
      reach: values.reach,
      expires_at: values.expiresAt,
      metadata: JSON.stringify(values.metadata),
    })
    .where('id', '=', id)
    .execute()
  await sql`
    delete from api_key_allow_list
    where api_key_id = ${id} and allow_list_id <> all (${values.allowListIds}::uuid[])`.execute(trx)
  await sql`
    insert into api_key_allow_list (account_id, api_key_id, allow_list_id, live)
    select account_id, id, listed.id_of_list, live
    from api_key, unnest(${values.allowListIds}::uuid[]) as listed (id_of_list)
    where id = ${id}
    on conflict (api_key_id, allow_list_id) do nothing`.execute(trx)
}

/** Sets another expiry of a locked key. */
export async function setExpiry(
  trx: StoreTransaction,
  id: string,
  expiresAt: Date | null,
): Promise<void> {
  await trx.updateTable('api_key').set({ expires_at: expiresAt }).where('id', '=', id).execute()
}
