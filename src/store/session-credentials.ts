import { sql } from 'kysely'
import { type CredentialResult, selectCredentials } from './credential-rows.ts'
import type { Executor } from './database.ts'
import {
  foundSessions,
  type StoredSession,
  toStoredSession,
  type WantedRow,
} from './found-sessions.ts'

/** A session as stored, and the row of the credential that it is judged with. */
export interface SessionWithCredential extends StoredSession {
  readonly credential: CredentialResult
}

/**
 * Some sessions with their credentials, by one statement. Throws when a standby answers, which may
 * lag behind: a session that it does not have may exist.
 */
export async function findSessionCredentials(
  db: Executor,
  ids: readonly string[],
): Promise<SessionWithCredential[]> {
  const { rows } = await sql<WantedRow<CredentialResult>>`
    select pg_is_in_recovery() as in_recovery, found.*
    from unnest(${ids}::uuid[]) as wanted (id)
    left join lateral (
      ${selectCredentials(db)
        .innerJoin('session', (join) =>
          join
            .onRef('session.api_key_id', '=', 'credential.api_key_id')
            .onRef('session.generation', '=', 'credential.generation'),
        )
        .select([
          'session.id as session_id',
          'session.hash as session_hash',
          'session.last_used_at as session_last_used_at',
          'session.expires_at as session_expires_at',
          'session.ended_at as session_ended_at',
        ])
        .where('session.id', '=', sql.ref<string>('wanted.id'))}
    ) as found on true`.execute(db)
  return foundSessions(rows).map((row) => ({ ...toStoredSession(row), credential: row }))
}
