import { type RawBuilder, sql } from 'kysely'
import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import type { Session, SessionOwner } from '../domain/session/session.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { type OwnerKind, selectSessions, tableOfKind, toSession } from './session-rows.ts'

export interface NewSession extends Omit<Session, 'endedAt' | 'lastChange'> {
  readonly tagKeyId: string
  /** SHA-256 of the whole session token. */
  readonly hash: Buffer
  /** What the provider that proved the sign-in calls its own session; null: it does not say. */
  readonly providerSession: string | null
}

/** Inserts a session into the table of its kind of owner. Only the hash of its token is stored. */
export async function insertSession(trx: StoreTransaction, session: NewSession): Promise<void> {
  const { owner } = session
  const values = {
    id: session.id,
    tag_key_id: session.tagKeyId,
    hash: session.hash,
    client_ip: session.clientIp,
    created_at: session.createdAt,
    confirmed_until: session.confirmedUntil,
    last_used_at: session.lastUsedAt,
    expires_at: session.expiresAt,
  }
  switch (owner.kind) {
    case 'key': {
      const { apiKeyId: api_key_id, generation } = owner
      await trx
        .insertInto('session')
        .values({ ...values, api_key_id, generation })
        .execute()
      return
    }
    case 'user':
      await trx
        .insertInto('user_session')
        .values({
          ...values,
          membership_id: owner.membershipId,
          provider_session: session.providerSession,
        })
        .execute()
  }
}

/** The sessions of an owner that have neither been ended nor expired, newest first. */
export async function findSessionsOf(
  db: Executor,
  owner: SessionOwner,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<Session[]> {
  const rows = await selectSessions(db, owner.kind)
    .where(isOwnedBy(owner))
    .where('session.ended_at', 'is', null)
    .where('session.expires_at', '>', now)
    .orderBy('session.created_at', 'desc')
    .orderBy('session.id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toSession)
}

/** A session of that kind of owner, ended and expired ones too. */
export async function findSession(
  db: Executor,
  kind: OwnerKind,
  id: string,
): Promise<Session | undefined> {
  const row = await selectSessions(db, kind).where('session.id', '=', id).executeTakeFirst()
  return row && toSession(row)
}

/** A session, locked FOR SHARE: an act that ends it waits until this transaction has ended. */
export async function lockSessionShared(
  trx: StoreTransaction,
  kind: OwnerKind,
  id: string,
): Promise<Session | undefined> {
  const row = await selectSessions(trx, kind)
    .where('session.id', '=', id)
    .forShare()
    .executeTakeFirst()
  return row && toSession(row)
}

/** Those of the sessions that are of the owner, locked in order of id, to be changed. */
export async function lockSessionsOf(
  trx: StoreTransaction,
  owner: SessionOwner,
  ids: readonly string[],
): Promise<Session[]> {
  const rows = await selectSessions(trx, owner.kind)
    .where(isOwnedBy(owner))
    .where('session.id', 'in', ids)
    .orderBy('session.id')
    .forUpdate()
    .execute()
  return rows.map(toSession)
}

/** Ends sessions, which the caller has locked. */
export async function endSessions(
  trx: StoreTransaction,
  kind: OwnerKind,
  ids: readonly string[],
  at: Date,
): Promise<void> {
  await sql`
    update ${sql.table(tableOfKind[kind])} set ended_at = ${at}
    where id = any(${ids}::uuid[])`.execute(trx)
}

/** Records the revision of the end of sessions, for the receipt of a repeated request. */
export async function setEndedRevision(
  trx: StoreTransaction,
  kind: OwnerKind,
  ids: readonly string[],
  ended: RevisionRef,
): Promise<void> {
  await sql`
    update ${sql.table(tableOfKind[kind])}
    set ended_revision = ${ended.revision}, ended_revision_id = ${ended.id}
    where id = any(${ids}::uuid[])`.execute(trx)
}

/** Of a key: a person confirms by a sign-in, which starts another session. */
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

/** Moves the last uses of sessions forward, by one statement for each kind; never back. */
export async function recordSessionUses(db: Executor, uses: readonly SessionUse[]): Promise<void> {
  if (uses.length === 0) return
  for (const name of Object.values(tableOfKind)) {
    const table = sql.table(name)
    // Locked in order of id, so that two instances that flush at once do not wait for each other.
    await sql`
      update ${table} set last_used_at = greatest(${table}.last_used_at, used.at)
      from (
        select stored.id, given.at
        from ${table} as stored join unnest(
          ${uses.map((use) => use.id)}::uuid[], ${uses.map((use) => use.at)}::timestamptz[]
        ) as given (id, at) on given.id = stored.id
        order by stored.id for no key update of stored
      ) as used
      where ${table}.id = used.id`.execute(db)
  }
}

/** Deletes the sessions and the sign-in links that expired before a moment. */
export async function pruneSessions(db: Executor, before: Date): Promise<void> {
  await db.deleteFrom('session').where('expires_at', '<', before).execute()
  await db.deleteFrom('user_session').where('expires_at', '<', before).execute()
  await db.deleteFrom('sign_in_link').where('expires_at', '<', before).execute()
}

/** Every generation of a key: a session goes on while the token that started it does. */
function isOwnedBy(owner: SessionOwner): RawBuilder<boolean> {
  return owner.kind === 'key'
    ? sql<boolean>`session.api_key_id = ${owner.apiKeyId}`
    : sql<boolean>`session.membership_id = ${owner.membershipId}`
}
