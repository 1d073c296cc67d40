import { type RawBuilder, sql } from 'kysely'
import type { UserFacts } from '../domain/person/user.ts'
import type { SessionState } from '../domain/session/session.ts'
import type { Executor } from './database.ts'
import { StandbyError } from './faults.ts'
import { selectUsers, toUserFacts, type UserResult } from './user-rows.ts'

/** A session of a person as stored, and the facts that the person is judged by. */
export interface StoredUserSession {
  readonly session: SessionState & { readonly id: string }
  /** SHA-256 of the session token. */
  readonly hash: Buffer
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
  const { rows } = await sql<FoundRow>`
    select pg_is_in_recovery() as in_recovery, found.*
    from unnest(${ids}::uuid[]) as wanted (id)
    left join lateral (${found}) as found on true`.execute(db)
  if (rows.some((row) => row.in_recovery)) throw new StandbyError()
  return rows.filter(isFound).map((row) => ({
    session: {
      id: row.session_id,
      lastUsedAt: row.session_last_used_at,
      expiresAt: row.session_expires_at,
      endedAt: row.session_ended_at,
    },
    hash: row.session_hash,
    facts: toUserFacts(row),
  }))
}

interface SessionColumns {
  readonly session_id: string
  readonly session_hash: Buffer
  readonly session_last_used_at: Date
  readonly session_expires_at: Date
  readonly session_ended_at: Date | null
}

type Found = UserResult & SessionColumns
type FoundRow = { readonly in_recovery: boolean } & {
  readonly [Column in keyof Found]: Found[Column] | null
}

function isFound(row: FoundRow): row is FoundRow & Found {
  return row.session_id !== null
}
