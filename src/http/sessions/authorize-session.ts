import type { FastifyRequest } from 'fastify'
import type { KeyPrincipal } from '../../domain/principal.ts'
import type { KeyFacts } from '../../domain/verdict.ts'
import { ServiceError } from '../../errors.ts'
import {
  authenticateSession,
  type SessionVerdict,
} from '../../verification/sessions/authenticate-session.ts'
import type { Deps } from '../deps.ts'
import { requireConsoleRequest } from './console-request.ts'
import { refusedSession } from './refused-session.ts'
import type { PresentedSession } from './session-cookie.ts'

interface SessionRequest extends Pick<KeyPrincipal, 'address'> {
  readonly presented: PresentedSession
}

type Admit = (
  key: KeyFacts,
  admitted: Pick<KeyPrincipal, 'address' | 'epoch' | 'readAt' | 'session'>,
) => Promise<void> | undefined

/**
 * Authenticates a request by its session cookie, and admits the key of the session. What a request
 * must be to come from the console is checked first: it costs nothing. Throws `unauthenticated`,
 * `origin_refused`, `permission_denied`.
 */
export function authorizeSession(
  deps: Deps,
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
  const enter = (verdict: SessionVerdict, readAt: number | undefined) => {
    if (!verdict.valid) throw refusedSession(verdict)
    const { id, expiresAt } = verdict.session
    return admit(verdict.key, { address, epoch, readAt, session: { id, expiresAt } })
  }
  const verdict = authenticateSession(deps, presented.token, address)
  if (!(verdict instanceof Promise)) return enter(verdict, undefined)
  const readAt = deps.cache.monotonicMs()
  return verdict.then((settled) => enter(settled, readAt))
}
