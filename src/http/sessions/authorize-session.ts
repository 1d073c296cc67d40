import type { FastifyRequest } from 'fastify'
import type { CallerPrincipal } from '../../domain/principal.ts'
import { isOfUser } from '../../domain/session/console-secret.ts'
import { ServiceError } from '../../errors.ts'
import { authenticateSession } from '../../verification/sessions/authenticate-session.ts'
import { authenticateUserSession } from '../../verification/sessions/authenticate-user-session.ts'
import type { Admit, AuthenticatedCaller } from '../authenticated-caller.ts'
import type { CallerDeps } from '../deps.ts'
import { requireConsoleRequest } from './console-request.ts'
import { refusedSession, refusedUserSession } from './refused-session.ts'
import type { PresentedSession } from './session-cookie.ts'

interface SessionRequest extends Pick<CallerPrincipal, 'address'> {
  readonly presented: PresentedSession
}

/**
 * Authenticates a request by its session cookie, and admits the key or the person of the session.
 * What a request must be to come from the console is checked first: it costs nothing. Throws
 * `unauthenticated`, `origin_refused`, `permission_denied`.
 */
export function authorizeSession(
  deps: CallerDeps,
  request: FastifyRequest,
  { presented, address }: SessionRequest,
  admit: Admit,
): Promise<void> | undefined {
  if (request.headers.authorization !== undefined) {
    throw new ServiceError(
      'unauthenticated',
      'Send either a session cookie or an Authorization header, not both.',
    )
  }
  requireConsoleRequest(request, presented.site)
  // As for a token: taken before any read.
  const { epoch } = deps.cache
  const enter = ({ caller, session }: Entered, readAt: number | undefined) => {
    const { id, expiresAt } = session
    return admit(caller, { address, epoch, readAt, session: { id, expiresAt } })
  }
  const entered = authenticate(deps, presented.token, address)
  if (!(entered instanceof Promise)) return enter(entered, undefined)
  const readAt = deps.cache.monotonicMs()
  return entered.then((settled) => enter(settled, readAt))
}

interface Entered {
  readonly caller: AuthenticatedCaller
  readonly session: { readonly id: string; readonly expiresAt: Date }
}

function authenticate(
  deps: CallerDeps,
  token: string,
  address: CallerPrincipal['address'],
): Entered | Promise<Entered> {
  return isOfUser(token)
    ? whenSettled(authenticateUserSession(deps, token), (verdict) => {
        if (!verdict.valid) throw refusedUserSession(verdict)
        return { caller: { kind: 'user', user: verdict.user }, session: verdict.session }
      })
    : whenSettled(authenticateSession(deps, token, address), (verdict) => {
        if (!verdict.valid) throw refusedSession(verdict)
        return { caller: { kind: 'key', key: verdict.key }, session: verdict.session }
      })
}

/** Goes on at once unless it has to wait: an answer from memory takes no turn of the event loop. */
function whenSettled<Verdict extends object>(
  verdict: Verdict | Promise<Verdict>,
  enter: (verdict: Verdict) => Entered,
): Entered | Promise<Entered> {
  return verdict instanceof Promise ? verdict.then(enter) : enter(verdict)
}
