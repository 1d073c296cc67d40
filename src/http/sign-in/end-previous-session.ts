import type { FastifyRequest } from 'fastify'
import type { UserPrincipal } from '../../domain/principal.ts'
import { isOfUser } from '../../domain/session/console-secret.ts'
import { endSession } from '../../management/sessions/end.ts'
import { authenticateUserSession } from '../../verification/sessions/authenticate-user-session.ts'
import type { ConsoleSettings } from '../api-settings.ts'
import type { SignInDeps } from '../deps.ts'
import { findSessionCookie } from '../sessions/session-cookie.ts'

/**
 * Ends the session that the browser had of the same person, in whatever account: its cookie is
 * about to be replaced, so that nobody could end it from there.
 */
export async function endPreviousSession(
  deps: SignInDeps,
  request: FastifyRequest,
  { publicSite }: ConsoleSettings,
  principal: UserPrincipal,
): Promise<void> {
  const token = findSessionCookie(request, publicSite)?.token
  if (token === undefined || !isOfUser(token)) return
  const verdict = await authenticateUserSession(deps, token)
  if (!verdict.valid || verdict.user.id !== principal.user.id) return
  await endSession(deps, { ...principal, user: verdict.user }, verdict.session.id)
}
