import { type ConsoleSecret, hasValidTag } from '../../domain/session/console-secret.ts'
import { endOf, type SessionEnd, type SessionState } from '../../domain/session/session.ts'
import type { SessionDeps } from './deps.ts'

/**
 * Whether a session token is of this deployment: a forgery costs an HMAC and no statement. Past the
 * lease the tag keys in memory may be too old to refuse by.
 */
export async function isOurs(
  deps: Pick<SessionDeps, 'cache' | 'keyring'>,
  secret: ConsoleSecret,
): Promise<boolean> {
  if (hasValidTag(secret, deps.keyring.keys)) return true
  if (!deps.cache.isLeaseExpired()) return false
  await deps.keyring.reload()
  return hasValidTag(secret, deps.keyring.keys)
}

/** Why a session has ended by now, uses that are not written yet included. */
export function endNow(
  { sessions, now }: Pick<SessionDeps, 'sessions' | 'now'>,
  session: SessionState & { readonly id: string },
): SessionEnd | undefined {
  const written = session.lastUsedAt.getTime()
  const lastUsedAt = new Date(Math.max(written, sessions.uses.lastOf(session.id) ?? 0))
  return endOf({ ...session, lastUsedAt }, now(), sessions.limits.idleMs)
}
