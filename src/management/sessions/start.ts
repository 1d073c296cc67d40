import { hash } from 'node:crypto'
import { type ActContext, act } from '../../acts/act.ts'
import { newId } from '../../acts/ids.ts'
import type { AuditDraft } from '../../domain/audit/audit-event.ts'
import { formatAddress } from '../../domain/network/format-address.ts'
import type { KeyPrincipal } from '../../domain/principal.ts'
import { formatConsoleSecret } from '../../domain/session/console-secret.ts'
import type { Session } from '../../domain/session/session.ts'
import { insertSession } from '../../store/sessions.ts'
import type { SessionManagementDeps } from './deps.ts'

export interface StartedSession {
  readonly session: Session
  /** Goes into a cookie, and is stored nowhere. */
  readonly token: string
}

/**
 * Starts a session of the key that the principal presented. It always has a new id and a new
 * token: what a browser brought along is never adopted, so that nobody can plant a session (session
 * fixation). Throws `unauthenticated`, `permission_denied`.
 */
export async function startSession(
  deps: SessionManagementDeps,
  principal: KeyPrincipal,
): Promise<StartedSession> {
  const { lifetimeMs } = deps.sessions.limits
  const { result } = await act(deps, principal, { permission: null }, async (context) => {
    const started = await enterSession(deps, context, principal, lifetimeMs)
    return { result: started, events: [sessionStarted(started.session, principal, 'api_key')] }
  })
  return result
}

/** Inserts a session of the principal's key, in the transaction of an act of that key. */
export async function enterSession(
  deps: SessionManagementDeps,
  { trx }: Pick<ActContext<unknown>, 'trx'>,
  { key, address }: KeyPrincipal,
  lifetimeMs: number,
): Promise<StartedSession> {
  const now = deps.now()
  const tagKey = deps.keyring.signing
  const id = newId(deps)
  const { text } = formatConsoleSecret('session', { id, secret: deps.randomBytes(32), tagKey })
  const session: Session = {
    id,
    apiKeyId: key.id,
    generation: key.generation,
    clientIp: address === undefined ? null : formatAddress(address),
    createdAt: now,
    confirmedUntil: new Date(now.getTime() + deps.sessions.limits.confirmationMs),
    lastUsedAt: now,
    expiresAt: new Date(now.getTime() + lifetimeMs),
    endedAt: null,
    lastChange: null,
  }
  await insertSession(trx, { ...session, tagKeyId: tagKey.id, hash: hashOfSecret(text) })
  return { session, token: text }
}

/**
 * The SHA-256 of a secret of the console, as it is stored. A slow hash would protect a password;
 * 256 random bits cannot be guessed however fast a guess is.
 */
export function hashOfSecret(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}

/** The event of a sign-in: by a key that was given, or by a sign-in link. */
export function sessionStarted(
  session: Session,
  { key }: Pick<KeyPrincipal, 'key'>,
  by: 'api_key' | 'sign_in_link',
): AuditDraft {
  return {
    accountId: key.accountId,
    action: 'session.started',
    resource: { type: 'session', id: session.id, name: null },
    before: null,
    after: { signed_in_by: by, expires_at: session.expiresAt.toISOString() },
  }
}
