import { sql } from 'kysely'
import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import { changedRevision, changedRevisionId } from './api-key-rows.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { databaseClock } from './database-clock.ts'
import { storedSkeletonOf } from './name-skeletons.ts'

/** Writes down which revision changed the key last, for the receipt of a repeated act. */
export async function setChangedRevision(
  trx: StoreTransaction,
  id: string,
  changed: RevisionRef,
): Promise<void> {
  await trx
    .updateTable('api_key')
    .set({ changed_revision: changed.revision, changed_revision_id: changed.id })
    .where('id', '=', id)
    .execute()
}

export async function findChangedRevision(
  db: Executor,
  id: string,
): Promise<RevisionRef | undefined> {
  const row = await db
    .selectFrom('api_key')
    .select([changedRevision.as('revision'), changedRevisionId.as('revision_id')])
    .where('id', '=', id)
    .executeTakeFirst()
  if (row?.revision == null || row.revision_id === null) return undefined
  return { revision: Number(row.revision), id: row.revision_id }
}

/** Whether a live key has the role that may be used from elsewhere than through these lists. */
export async function isRoleUsedBeyond(
  trx: StoreTransaction,
  accountId: string,
  roleId: string,
  allowListIds: readonly string[],
): Promise<boolean> {
  const { rows } = await sql<{ beyond: boolean }>`
    select exists (
      select from api_key
      where account_id = ${accountId} and role_id = ${roleId} and live
        and (reach = 'anywhere' or exists (
          select from api_key_allow_list
          where api_key_id = api_key.id and allow_list_id <> all (${allowListIds}::uuid[])))
    ) as beyond`.execute(trx)
  return rows[0]?.beyond === true
}

/** Which expired keys must let go of what they hold. */
export type Holding =
  | { readonly name: string }
  | { readonly roleId: string }
  | { readonly allowListId: string }

/**
 * Makes the keys of the account that hold something, and have expired by the clock of the database, let
 * go of it: an instance whose clock is ahead must not take from a key what it still uses. Returns the
 * ids of those keys, whose change must be announced: an instance whose clock is behind, and accepts them
 * still, learns by it that they have expired.
 */
export async function releaseExpired(
  trx: StoreTransaction,
  accountId: string,
  holding: Holding,
): Promise<readonly string[]> {
  let query = trx
    .selectFrom('api_key')
    .select('id')
    .where('account_id', '=', accountId)
    .where('live', '=', true)
    .where('expires_at', '<=', databaseClock)
  if ('name' in holding) {
    const skeleton = storedSkeletonOf('api_key', holding.name)
    query = query.where((is) =>
      is.or([
        is('name', '=', holding.name),
        is.and([is('name_skeleton', '=', skeleton), is('skeleton_of', '=', is.ref('name'))]),
      ]),
    )
  }
  if ('roleId' in holding) query = query.where('role_id', '=', holding.roleId)
  if ('allowListId' in holding) {
    query = query.where('id', 'in', (inner) =>
      inner
        .selectFrom('api_key_allow_list')
        .select('api_key_id')
        .where('account_id', '=', accountId)
        .where('allow_list_id', '=', holding.allowListId)
        .where('live', '=', true),
    )
  }
  const expired = await query.orderBy('id').forUpdate().execute()
  if (expired.length === 0) return []
  const ids = expired.map((row) => row.id)
  await trx
    .updateTable('api_key_allow_list')
    .set({ live: null })
    .where('api_key_id', 'in', ids)
    .execute()
  await trx.updateTable('api_key').set({ live: null }).where('id', 'in', ids).execute()
  return ids
}
