import { maxListedSessions } from '../../domain/limits.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import { endOf, type Session } from '../../domain/session/session.ts'
import { notFound } from '../../errors.ts'
import { findOrProveAbsence } from '../../store/committed-read.ts'
import { retryWhileLosing } from '../../store/retry.ts'
import { findSession, findSessionsOf } from '../../store/sessions.ts'
import type { SessionManagementDeps } from './deps.ts'
import { ownerOf, requireSession } from './owner.ts'

/** The sessions of the principal's key or person that go on, newest first. */
export async function listSessions(
  deps: SessionManagementDeps,
  principal: CallerPrincipal,
): Promise<readonly Session[]> {
  const now = deps.now()
  const stored = await retryWhileLosing(() =>
    findSessionsOf(deps.db, ownerOf(principal), { now, limit: maxListedSessions }),
  )
  return stored
    .map((session) => withLastUse(deps, session))
    .filter((session) => endOf(session, now, deps.sessions.limits.idleMs) === undefined)
}

/** The session by which the principal acts. Throws `not_found` if it presented a token. */
export async function getOwnSession(
  deps: SessionManagementDeps,
  principal: CallerPrincipal,
): Promise<Session> {
  const { id } = requireSession(principal)
  const session = await findOrProveAbsence(deps.db, (db) => findSession(db, principal.kind, id))
  if (session === undefined) throw notFound('session')
  return withLastUse(deps, session)
}

/** The session with its last use, even if that is not written to the database yet. */
function withLastUse({ sessions }: SessionManagementDeps, session: Session): Session {
  const unwritten = sessions.uses.lastOf(session.id) ?? 0
  const lastUsedAt = new Date(Math.max(session.lastUsedAt.getTime(), unwritten))
  return { ...session, lastUsedAt }
}
