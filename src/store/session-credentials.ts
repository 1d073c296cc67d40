import { sql } from 'kysely'
import type { SessionState } from '../domain/session/session.ts'
import { type CredentialResult, selectCredentials } from './credential-rows.ts'
import type { Executor } from './database.ts'
import { StandbyError } from './faults.ts'

/** A session as stored, and the row of the credential that it is judged with. */
export interface SessionWithCredential {
  readonly session: SessionState & { readonly id: string }
  /** SHA-256 of the session token. */
  readonly hash: Buffer
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
  const { rows } = await sql<FoundRow>`
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
  if (rows.some((row) => row.in_recovery)) throw new StandbyError()
  return rows.filter(isFound).map(toSessionWithCredential)
}

interface SessionColumns {
  readonly session_id: string
  readonly session_hash: Buffer
  readonly session_last_used_at: Date
  readonly session_expires_at: Date
  readonly session_ended_at: Date | null
}

type Found = CredentialResult & SessionColumns
type FoundRow = { readonly in_recovery: boolean } & {
  readonly [Column in keyof Found]: Found[Column] | null
}

function isFound(row: FoundRow): row is FoundRow & Found {
  return row.session_id !== null
}

function toSessionWithCredential(row: Found): SessionWithCredential {
  return {
    session: {
      id: row.session_id,
      lastUsedAt: row.session_last_used_at,
      expiresAt: row.session_expires_at,
      endedAt: row.session_ended_at,
    },
    hash: row.session_hash,
    credential: row,
  }
}
