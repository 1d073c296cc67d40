import { sql } from 'kysely'
import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import type { Session } from '../domain/session/session.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { sessionColumns, toSession } from './session-rows.ts'

export interface NewSession extends Omit<Session, 'endedAt' | 'lastChange'> {
  readonly tagKeyId: string
  /** SHA-256 of the whole session token. */
  readonly hash: Buffer
}

export async function insertSession(trx: StoreTransaction, session: NewSession): Promise<void> {
  await trx
    .insertInto('session')
    .values({
      id: session.id,
      api_key_id: session.apiKeyId,
      generation: session.generation,
      tag_key_id: session.tagKeyId,
      hash: session.hash,
      client_ip: session.clientIp,
      created_at: session.createdAt,
      confirmed_until: session.confirmedUntil,
      last_used_at: session.lastUsedAt,
      expires_at: session.expiresAt,
    })
    .execute()
}

/** The sessions of a key that have neither been ended nor expired, newest first. */
export async function findSessionsOfKey(
  db: Executor,
  apiKeyId: string,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<Session[]> {
  const rows = await db
    .selectFrom('session')
    .select(sessionColumns)
    .where('api_key_id', '=', apiKeyId)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toSession)
}

export async function findSession(db: Executor, id: string): Promise<Session | undefined> {
  const row = await db
    .selectFrom('session')
    .select(sessionColumns)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toSession(row)
}

/** A session, locked FOR SHARE: an act that ends it waits until this transaction has ended. */
export async function lockSessionShared(
  trx: StoreTransaction,
  id: string,
): Promise<Session | undefined> {
  const row = await trx
    .selectFrom('session')
    .select(sessionColumns)
    .where('id', '=', id)
    .forShare()
    .executeTakeFirst()
  return row && toSession(row)
}

/** Those of the sessions that are of the key, locked in order of id, to be changed. */
export async function lockSessionsOfKey(
  trx: StoreTransaction,
  apiKeyId: string,
  ids: readonly string[],
): Promise<Session[]> {
  const rows = await trx
    .selectFrom('session')
    .select(sessionColumns)
    .where('api_key_id', '=', apiKeyId)
    .where('id', 'in', ids)
    .orderBy('id')
    .forUpdate()
    .execute()
  return rows.map(toSession)
}

export async function endSession(trx: StoreTransaction, id: string, at: Date): Promise<void> {
  await trx.updateTable('session').set({ ended_at: at }).where('id', '=', id).execute()
}

/** Records the revision of a session's end, for the receipt of a repeated request. */
export async function setEndedRevision(
  trx: StoreTransaction,
  id: string,
  ended: RevisionRef,
): Promise<void> {
  await trx
    .updateTable('session')
    .set({ ended_revision: ended.revision, ended_revision_id: ended.id })
    .where('id', '=', id)
    .execute()
}

export async function confirmSession(
  trx: StoreTransaction,
  id: string,
  until: Date,
): Promise<void> {
  await trx.updateTable('session').set({ confirmed_until: until }).where('id', '=', id).execute()
}

/** A session and when it was used last. */
export interface SessionUse {
  readonly id: string
  readonly at: Date
}

/** Moves the last uses of sessions forward, by one statement; never back. */
export async function recordSessionUses(db: Executor, uses: readonly SessionUse[]): Promise<void> {
  if (uses.length === 0) return
  // Locked in order of id, so that two instances that flush at once do not wait for each other.
  await sql`
    update session set last_used_at = greatest(session.last_used_at, used.at)
    from (
      select session.id, given.at
      from session join unnest(
        ${uses.map((use) => use.id)}::uuid[], ${uses.map((use) => use.at)}::timestamptz[]
      ) as given (id, at) on given.id = session.id
      order by session.id for no key update of session
    ) as used
    where session.id = used.id`.execute(db)
}

/** Deletes the sessions and the sign-in links that expired before a moment. */
export async function pruneSessions(db: Executor, before: Date): Promise<void> {
  await db.deleteFrom('session').where('expires_at', '<', before).execute()
  await db.deleteFrom('sign_in_link').where('expires_at', '<', before).execute()
}
