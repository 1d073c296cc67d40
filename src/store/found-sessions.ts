import type { SessionState } from '../domain/session/session.ts'
import { StandbyError } from './faults.ts'

/** A session as stored, to be compared with a presented token. */
export interface StoredSession {
  readonly session: SessionState & { readonly id: string }
  /** SHA-256 of the session token. */
  readonly hash: Buffer
}

/** What a statement selects of a session, beside the rights by which it acts. */
interface SessionColumns {
  readonly session_id: string
  readonly session_hash: Buffer
  readonly session_last_used_at: Date
  readonly session_expires_at: Date
  readonly session_ended_at: Date | null
}

type Found<RightsColumns> = RightsColumns & SessionColumns

/** A row for each wanted session, with nulls where there is none. */
export type WantedRow<RightsColumns> = { readonly in_recovery: boolean } & {
  readonly [Column in keyof Found<RightsColumns>]: Found<RightsColumns>[Column] | null
}

/**
 * The rows of sessions that exist. Throws StandbyError when a standby answered, which may lag
 * behind: a session that it does not have may exist.
 */
export function foundSessions<RightsColumns>(
  rows: readonly WantedRow<RightsColumns>[],
): Found<RightsColumns>[] {
  if (rows.some((row) => row.in_recovery)) throw new StandbyError()
  return rows.filter(isFound)
}

/** What authentication compares and judges of a row. */
export function toStoredSession(row: SessionColumns): StoredSession {
  return {
    session: {
      id: row.session_id,
      lastUsedAt: row.session_last_used_at,
      expiresAt: row.session_expires_at,
      endedAt: row.session_ended_at,
    },
    hash: row.session_hash,
  }
}

function isFound<RightsColumns>(
  row: WantedRow<RightsColumns>,
): row is WantedRow<RightsColumns> & Found<RightsColumns> {
  return row.session_id !== null
}
