import { sql } from 'kysely'
import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import type { Executor, StoreTransaction } from './database.ts'

/** How many keys of the account each person issued, of those that are not revoked. */
export async function countKeysOfPersons(
  db: Executor,
  accountId: string,
  personIds: readonly string[],
): Promise<Map<string, number>> {
  if (personIds.length === 0) return new Map()
  const { rows } = await sql<{ id: string; count: number }>`
    select created_by_id as id, count(*)::int as count from api_key
    where account_id = ${accountId} and created_by_id = any(${personIds}::text[])
      and created_by_verified is not null and revoked_at is null
    group by created_by_id`.execute(db)
  return new Map(rows.map(({ id, count }) => [id, count]))
}

/**
 * The keys of the account that a person issued and that are not revoked, locked in order of id, as
 * every act on several keys locks them.
 */
export async function lockKeysOfPerson(
  trx: StoreTransaction,
  accountId: string,
  personId: string,
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from api_key
    where account_id = ${accountId} and created_by_id = ${personId}
      and created_by_verified is not null and revoked_at is null
    order by id for update`.execute(trx)
  return rows.map(({ id }) => id)
}

/** Disables those of the keys that are not disabled yet, and returns them. */
export async function disableKeys(
  trx: StoreTransaction,
  ids: readonly string[],
  at: Date,
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    update api_key set disabled_at = ${at}
    where id = any(${ids}::uuid[]) and disabled_at is null
    returning id`.execute(trx)
  return rows.map(({ id }) => id).sort()
}

/** Records the revision of the last change of keys, for the receipts of repeated acts. */
export async function setRevisionOfKeys(
  trx: StoreTransaction,
  ids: readonly string[],
  changed: RevisionRef,
): Promise<void> {
  await sql`
    update api_key set changed_revision = ${changed.revision}, changed_revision_id = ${changed.id}
    where id = any(${ids}::uuid[])`.execute(trx)
}
