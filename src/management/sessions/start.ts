import { hash } from 'node:crypto'
import { type ActContext, act } from '../../acts/act.ts'
import { newId } from '../../acts/ids.ts'
import type { AuditDraft } from '../../domain/audit/audit-event.ts'
import { formatAddress } from '../../domain/network/format-address.ts'
import { type CallerPrincipal, type KeyPrincipal, rightsOf } from '../../domain/principal.ts'
import { formatConsoleSecret } from '../../domain/session/console-secret.ts'
import type { Session } from '../../domain/session/session.ts'
import { insertSession } from '../../store/sessions.ts'
import type { SessionManagementDeps } from './deps.ts'
import { ownerOf } from './owner.ts'

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
    const terms = termsFromNow(deps, lifetimeMs)
    const started = await enterSession(deps, context, principal, terms)
    return { result: started, events: [sessionStarted(started.session, principal, 'api_key')] }
  })
  return result
}

/** How long a session lasts, and until when it is confirmed. */
export interface SessionTerms {
  readonly expiresAt: Date
  readonly confirmedUntil: Date
  /** What the provider that proved the sign-in calls its own session. */
  readonly providerSession?: string | undefined
}

/** Inserts a session of the principal, in the transaction of its act. */
export async function enterSession(
  deps: SessionManagementDeps,
  { trx }: Pick<ActContext<unknown>, 'trx'>,
  principal: CallerPrincipal,
  { expiresAt, confirmedUntil, providerSession }: SessionTerms,
): Promise<StartedSession> {
  const { address } = principal
  const now = deps.now()
  const tagKey = deps.keyring.signing
  const id = newId(deps)
  const kind = principal.kind === 'key' ? 'session' : 'user_session'
  const { text } = formatConsoleSecret(kind, { id, secret: deps.randomBytes(32), tagKey })
  const session: Session = {
    id,
    owner: ownerOf(principal),
    clientIp: address === undefined ? null : formatAddress(address),
    createdAt: now,
    confirmedUntil,
    lastUsedAt: now,
    expiresAt,
    endedAt: null,
    lastChange: null,
  }
  await insertSession(trx, {
    ...session,
    tagKeyId: tagKey.id,
    hash: hashOfSecret(text),
    providerSession: providerSession ?? null,
  })
  return { session, token: text }
}

/** The terms of a session that starts now by a key, and lasts so many milliseconds. */
export function termsFromNow(
  { now, sessions }: Pick<SessionManagementDeps, 'now' | 'sessions'>,
  lifetimeMs: number,
): SessionTerms {
  const from = now().getTime()
  return {
    expiresAt: new Date(from + lifetimeMs),
    confirmedUntil: new Date(from + sessions.limits.confirmationMs),
  }
}

/**
 * The SHA-256 of a secret of the console, as it is stored. A slow hash would protect a password;
 * 256 random bits cannot be guessed however fast a guess is.
 */
export function hashOfSecret(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}

/** The event of a sign-in: by a key that was given, by a sign-in link, or by a provider. */
export function sessionStarted(
  session: Session,
  principal: CallerPrincipal,
  by: 'api_key' | 'sign_in_link' | 'oidc',
): AuditDraft {
  return {
    accountId: rightsOf(principal).accountId,
    action: 'session.started',
    resource: { type: 'session', id: session.id, name: null },
    before: null,
    after: { signed_in_by: by, expires_at: session.expiresAt.toISOString() },
  }
}
