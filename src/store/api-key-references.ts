import { sql } from 'kysely'
import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import { changedRevision, changedRevisionId } from './api-key-rows.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { databaseClock } from './database-clock.ts'
import { storedSkeletonOf } from './name-skeletons.ts'

/** Records the revision of a key's last change, for the receipt of a repeated act. */
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

/**
 * The revision of a key's last change, which `setChangedRevision` recorded; undefined: it never
 * changed.
 */
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

/** Whether a live key that is not restricted to these allow lists has the role. */
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

/** The expired keys that must release their references. */
export type ReferenceFilter =
  | { readonly name: string }
  | { readonly roleId: string }
  | { readonly allowListId: string }

/**
 * Releases the name, the role and the lists of the account's keys that hold the given one and have
 * expired by the database's clock: an instance whose clock is fast must not take from a key what
 * the key still uses. Returns the ids of those keys. Their change must be announced: an instance
 * whose clock is slow still accepts them, and learns by the change that they have expired.
 */
export async function releaseExpired(
  trx: StoreTransaction,
  accountId: string,
  filter: ReferenceFilter,
): Promise<readonly string[]> {
  let query = trx
    .selectFrom('api_key')
    .select('id')
    .where('account_id', '=', accountId)
    .where('live', '=', true)
    .where('expires_at', '<=', databaseClock)
  if ('name' in filter) {
    const skeleton = storedSkeletonOf('api_key', filter.name)
    query = query.where((is) =>
      is.or([
        is('name', '=', filter.name),
        is.and([is('name_skeleton', '=', skeleton), is('skeleton_of', '=', is.ref('name'))]),
      ]),
    )
  }
  if ('roleId' in filter) query = query.where('role_id', '=', filter.roleId)
  if ('allowListId' in filter) {
    query = query.where('id', 'in', (inner) =>
      inner
        .selectFrom('api_key_allow_list')
        .select('api_key_id')
        .where('account_id', '=', accountId)
        .where('allow_list_id', '=', filter.allowListId)
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
