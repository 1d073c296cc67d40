import { type RawBuilder, sql } from 'kysely'
import type { UserFacts } from '../domain/person/user.ts'
import type { Executor } from './database.ts'
import {
  foundSessions,
  type StoredSession,
  toStoredSession,
  type WantedRow,
} from './found-sessions.ts'
import { selectUsers, toUserFacts, type UserResult } from './user-rows.ts'

/** A session of a person as stored, and the facts that the person is judged by. */
export interface StoredUserSession extends StoredSession {
  readonly facts: UserFacts
}

/**
 * Some sessions with their users, by one statement. Throws when a standby answers, which may lag
 * behind: a session that it does not have may exist.
 */
export async function findUserSessions(
  db: Executor,
  ids: readonly string[],
): Promise<StoredUserSession[]> {
  const found: RawBuilder<unknown> = sql`${selectUsers(db)
    .innerJoin('user_session', 'user_session.membership_id', 'membership.id')
    .select([
      'user_session.id as session_id',
      'user_session.hash as session_hash',
      'user_session.last_used_at as session_last_used_at',
      'user_session.expires_at as session_expires_at',
      'user_session.ended_at as session_ended_at',
    ])
    .where('user_session.id', '=', sql.ref<string>('wanted.id'))}`
  const { rows } = await sql<WantedRow<UserResult>>`
    select pg_is_in_recovery() as in_recovery, found.*
    from unnest(${ids}::uuid[]) as wanted (id)
    left join lateral (${found}) as found on true`.execute(db)
  return foundSessions(rows).map((row) => ({ ...toStoredSession(row), facts: toUserFacts(row) }))
}
