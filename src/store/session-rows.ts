import { type Selectable, sql } from 'kysely'
import type { Session, SessionOwner } from '../domain/session/session.ts'
import type { Executor } from './database.ts'
import type { Schema } from './schema.ts'

export type OwnerKind = SessionOwner['kind']

/** The table of the sessions of keys or of people. */
export const tableOfKind = { key: 'session', user: 'user_session' } as const

type AnySession = Selectable<Omit<Schema['session'], 'api_key_id' | 'generation'>> & {
  readonly api_key_id: string | null
  readonly generation: number | null
  readonly membership_id: string | null
}

/** The rows of both kinds, in one shape. A lock on the shape locks the rows of the table. */
const rowsOfKind = {
  key: sql<AnySession>`(select *, null::uuid as membership_id from session)`,
  user: sql<AnySession>`(
    select *, null::uuid as api_key_id, null::integer as generation from user_session)`,
}

/** The sessions of one kind of owner, without their hashes; the caller adds the conditions. */
export function selectSessions(db: Executor, kind: OwnerKind) {
  return db
    .selectFrom(rowsOfKind[kind].as('session'))
    .select([
      'session.id',
      'session.api_key_id',
      'session.generation',
      'session.membership_id',
      'session.client_ip',
      'session.created_at',
      'session.confirmed_until',
      'session.last_used_at',
      'session.expires_at',
      'session.ended_at',
      'session.ended_revision',
      'session.ended_revision_id',
    ])
}

export type SessionResult = Awaited<
  ReturnType<ReturnType<typeof selectSessions>['executeTakeFirstOrThrow']>
>

/** The session of a row, of a key or of a person. */
export function toSession(row: SessionResult): Session {
  const { ended_revision: revision, ended_revision_id: id } = row
  return {
    id: row.id,
    owner: ownerOf(row),
    clientIp: row.client_ip,
    createdAt: row.created_at,
    confirmedUntil: row.confirmed_until,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    endedAt: row.ended_at,
    lastChange: revision === null || id === null ? null : { revision: Number(revision), id },
  }
}

function ownerOf(row: SessionResult): SessionOwner {
  const { api_key_id: apiKeyId, generation, membership_id: membershipId } = row
  if (membershipId !== null) return { kind: 'user', membershipId }
  if (apiKeyId === null || generation === null) throw new Error('A session has no owner.')
  return { kind: 'key', apiKeyId, generation }
}
