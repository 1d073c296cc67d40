import { type Static, Type } from 'typebox'
import { formatTime } from '../../../domain/format-time.ts'
import type { CallerPrincipal } from '../../../domain/principal.ts'
import { idleExpiryOf, type Session } from '../../../domain/session/session.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { nullableString, ref } from '../../schema-tools.ts'
import { id, nullableTime, time } from '../shapes/fields.ts'
import { ReceiptBody } from '../shapes/receipt.ts'

export const SessionBody = Type.Object(
  {
    id: id('Id of the session.'),
    api_key_id: nullableString({
      format: 'uuid',
      description: 'Id of the key that signed in. Null: a person did.',
    }),
    current: Type.Boolean({ description: 'Whether the request belongs to this session.' }),
    client_ip: nullableString({ description: 'Client address at sign-in. Null if unknown.' }),
    created_at: time('Time of the sign-in.'),
    last_used_at: time('Time of the last request. Written in batches, some seconds late.'),
    idle_expires_at: time('Time at which the session ends if no request follows.'),
    expires_at: time('Time at which the session ends in any case.'),
    confirmed_until: nullableTime(
      'Time until which sensitive operations require neither the key again nor a new sign-in. Null if they do now.',
    ),
    ended_at: nullableTime('Null: the session was not ended.'),
  },
  {
    $id: 'Session',
    description: 'A browser that is signed in to the console, without the secret of the session.',
  },
)

/** The answer of an operation that ends a session. */
export const EndedSessionAnswer = Type.Object(
  { session: ref(SessionBody), receipt: ref(ReceiptBody) },
  { $id: 'EndedSession', description: 'The session and the receipt of its end.' },
)

/** The session as `reader` sees it, which is of the same key or person. */
export function toSessionBody(
  { sessions, now }: Pick<ControlPlaneDeps, 'sessions' | 'now'>,
  session: Session,
  reader: Pick<CallerPrincipal, 'session'>,
): Static<typeof SessionBody> {
  const { confirmedUntil, endedAt } = session
  return {
    id: session.id,
    api_key_id: session.owner.kind === 'key' ? session.owner.apiKeyId : null,
    current: session.id === reader.session?.id,
    client_ip: session.clientIp,
    created_at: session.createdAt.toISOString(),
    last_used_at: session.lastUsedAt.toISOString(),
    idle_expires_at: idleExpiryOf(session, sessions.limits.idleMs).toISOString(),
    expires_at: session.expiresAt.toISOString(),
    confirmed_until: confirmedUntil > now() ? confirmedUntil.toISOString() : null,
    ended_at: formatTime(endedAt),
  }
}
