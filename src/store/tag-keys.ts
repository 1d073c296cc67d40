import { sql } from 'kysely'
import { deriveTagKey, type TagKey } from '../domain/token/tag.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { databaseClock } from './database-clock.ts'
import { StandbyError } from './faults.ts'

/** The tag keyring of this deployment: one key signs new tokens, all of them verify. */
export interface StoredTagKeys {
  readonly keys: readonly TagKey[]
  readonly signing: TagKey
}

/**
 * Loads the keyring. Undefined before the first start has made a tag key. Throws when a standby
 * answers, which may lack the newest key, and would cause a wrong denial.
 */
export async function findTagKeys(db: Executor): Promise<StoredTagKeys | undefined> {
  const rows = await db
    .selectFrom('tag_key')
    .select(['id', 'key', 'signs', sql<boolean>`pg_is_in_recovery()`.as('in_recovery')])
    .where('retired_at', 'is', null)
    .orderBy('created_at', 'desc')
    .execute()
  if (rows.some((row) => row.in_recovery)) throw new StandbyError()
  const keys = rows.map((row) => deriveTagKey(row.id, row.key))
  const signing = keys[rows.findIndex((row) => row.signs)]
  return signing && { keys, signing }
}

/**
 * Inserts a tag key, by which all instances check tags. With `signs`, new tokens are signed by it
 * at once: only the first key of a deployment may, and a later one signs once every instance knows
 * it.
 */
export async function insertTagKey(
  trx: StoreTransaction,
  tagKey: {
    readonly id: string
    readonly key: Buffer
    readonly signs: boolean
    readonly now: Date
  },
): Promise<void> {
  await trx
    .insertInto('tag_key')
    .values({ id: tagKey.id, key: tagKey.key, signs: tagKey.signs, created_at: tagKey.now })
    .execute()
}

/** The tag keys of the keyring, locked until the transaction ends. */
export async function lockTagKeys(
  trx: StoreTransaction,
): Promise<{ readonly id: string; readonly signs: boolean; readonly createdAt: Date }[]> {
  const rows = await trx
    .selectFrom('tag_key')
    .select(['id', 'signs', 'created_at'])
    .where('retired_at', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute()
  return rows.map((row) => ({ id: row.id, signs: row.signs, createdAt: row.created_at }))
}

/** Makes a key the signing one, in place of the previous. */
export async function makeSigning(trx: StoreTransaction, id: string): Promise<void> {
  await trx
    .updateTable('tag_key')
    .set({ signs: false, stopped_at: databaseClock })
    .where('signs', '=', true)
    .where('id', '<>', id)
    .execute()
  await trx.updateTable('tag_key').set({ signs: true }).where('id', '=', id).execute()
}

/**
 * Removes keys that stopped signing more than `settlingMs` ago and that no live credential and no
 * session uses, by the database's clock: under a clock that is fast, a valid token would be
 * `not_found` everywhere.
 */
export async function retireTagKeys(trx: StoreTransaction, settlingMs: number): Promise<void> {
  await sql`
    update tag_key set retired_at = ${databaseClock}
    where retired_at is null
      and stopped_at < ${databaseClock} - ${settlingMs} * interval '1 millisecond'
      and not exists (
        select from credential join api_key on api_key.id = credential.api_key_id
        where credential.tag_key_id = tag_key.id and credential.ended_at is null
          and (credential.ends_at is null or credential.ends_at > ${databaseClock})
          and api_key.revoked_at is null
          and (api_key.expires_at is null or api_key.expires_at > ${databaseClock}))
      and not exists (
        select from session where session.tag_key_id = tag_key.id and session.ended_at is null
          and session.expires_at > ${databaseClock})
      and not exists (
        select from user_session
        where user_session.tag_key_id = tag_key.id and user_session.ended_at is null
          and user_session.expires_at > ${databaseClock})`.execute(trx)
}
