import type { Session } from '../domain/session/session.ts'

/** The columns of a session, without its hash. */
export const sessionColumns = [
  'session.id',
  'session.api_key_id',
  'session.generation',
  'session.client_ip',
  'session.created_at',
  'session.confirmed_until',
  'session.last_used_at',
  'session.expires_at',
  'session.ended_at',
  'session.ended_revision',
  'session.ended_revision_id',
] as const

/** The columns of `sessionColumns`. */
export interface SessionResult {
  readonly id: string
  readonly api_key_id: string
  readonly generation: number
  readonly client_ip: string | null
  readonly created_at: Date
  readonly confirmed_until: Date
  readonly last_used_at: Date
  readonly expires_at: Date
  readonly ended_at: Date | null
  readonly ended_revision: string | null
  readonly ended_revision_id: string | null
}

/** The columns that decide whether a session goes on, under names that its key has none of. */
export const sessionStateColumns = [
  'session.id as session_id',
  'session.hash as session_hash',
  'session.last_used_at as session_last_used_at',
  'session.expires_at as session_expires_at',
  'session.ended_at as session_ended_at',
] as const

export function toSession(row: SessionResult): Session {
  const { ended_revision: revision, ended_revision_id: id } = row
  return {
    id: row.id,
    apiKeyId: row.api_key_id,
    generation: row.generation,
    clientIp: row.client_ip,
    createdAt: row.created_at,
    confirmedUntil: row.confirmed_until,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    endedAt: row.ended_at,
    lastChange: revision === null || id === null ? null : { revision: Number(revision), id },
  }
}
