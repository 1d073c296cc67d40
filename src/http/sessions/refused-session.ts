import { ServiceError } from '../../errors.ts'
import type { SessionVerdict } from '../../verification/sessions/authenticate-session.ts'
import { refusedToken } from '../refused-token.ts'

/** The error of a session that does not authenticate its request. */
export function refusedSession(verdict: SessionVerdict & { readonly valid: false }): ServiceError {
  switch (verdict.reason) {
    case 'key_denied':
      return refusedToken(verdict.denial)
    case 'unknown':
      return new ServiceError('unauthenticated', 'The session cookie is not valid. Sign in again.')
    case 'ended':
      return new ServiceError('unauthenticated', 'The session has ended. Sign in again.')
    case 'expired':
      return new ServiceError('unauthenticated', 'The session has expired. Sign in again.')
    case 'idle':
      return new ServiceError(
        'unauthenticated',
        'The session was not used for too long. Sign in again.',
      )
  }
}
