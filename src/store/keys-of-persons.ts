import { type RawBuilder, sql } from 'kysely'
import type { VerifiedAs } from '../domain/key/api-key.ts'
import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import type { Executor, StoreTransaction } from './database.ts'

/**
 * Which keys count as those of the people of an account. Those of a tenant issued theirs as users
 * of the account, in that account; those of the platform as its people, in every account.
 */
export interface KeysOfPeople {
  readonly accountId: string
  readonly issuedAs: VerifiedAs
}

/** A key, by its id and its account. */
export interface AccountKey {
  readonly id: string
  readonly accountId: string
}

/** How many keys that are not revoked each person issued. */
export async function countKeysOfPersons(
  db: Executor,
  of: KeysOfPeople,
  personIds: readonly string[],
): Promise<Map<string, number>> {
  if (personIds.length === 0) return new Map()
  const { rows } = await sql<{ id: string; count: number }>`
    select api_key.created_by_id as id, count(*)::int as count
    from ${keysOf(of, personIds)} group by api_key.created_by_id`.execute(db)
  return new Map(rows.map(({ id, count }) => [id, count]))
}

/** The ids of the keys that a person issued and that are not revoked, in order. */
export async function findKeysOfPerson(
  trx: StoreTransaction,
  of: KeysOfPeople,
  personId: string,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select api_key.id from ${keysOf(of, [personId])} order by api_key.id`.execute(trx)
  return rows.map(({ id }) => id)
}

/**
 * The keys that people issued and that are not revoked, for `from`. The index begins with the
 * account: without OFFSET the planner would join the accounts to all keys.
 */
function keysOf(
  { accountId, issuedAs }: KeysOfPeople,
  personIds: readonly string[],
): RawBuilder<unknown> {
  const inAccount = (id: RawBuilder<unknown>) => sql`(
    select id, created_by_id from api_key
    where account_id = ${id} and created_by_id = any(${personIds}::text[])
      and created_by_verified = ${issuedAs} and revoked_at is null offset 0) as api_key`
  return issuedAs === 'platform'
    ? sql`account cross join lateral ${inAccount(sql`account.id`)}`
    : inAccount(sql`${accountId}`)
}

/**
 * Disables those of the keys that are neither disabled nor revoked, and returns them. The rows are
 * locked in order of id first, as every act on several keys locks them.
 */
export async function disableKeys(
  trx: StoreTransaction,
  ids: readonly string[],
  at: Date,
): Promise<readonly AccountKey[]> {
  const { rows } = await sql<{ id: string; account_id: string }>`
    select id, account_id from api_key
    where id = any(${ids}::uuid[]) and disabled_at is null and revoked_at is null
    order by id for update`.execute(trx)
  const disabled = rows.map((row) => ({ id: row.id, accountId: row.account_id }))
  await sql`
    update api_key set disabled_at = ${at}
    where id = any(${disabled.map(({ id }) => id)}::uuid[])`.execute(trx)
  return disabled
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
