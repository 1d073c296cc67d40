import { ServiceError } from '../../errors.ts'
import type { SessionVerdict } from '../../verification/sessions/authenticate-session.ts'
import type { UserSessionVerdict } from '../../verification/sessions/authenticate-user-session.ts'
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

/** The error of a person's session that does not authenticate its request. */
export function refusedUserSession(
  verdict: UserSessionVerdict & { readonly valid: false },
): ServiceError {
  switch (verdict.reason) {
    case 'removed':
      return new ServiceError(
        'unauthenticated',
        'The person of the session is no longer a user of the account.',
      )
    case 'role_ended':
      return new ServiceError(
        'unauthenticated',
        'The role that the sign-in gave has ended. Sign in again.',
      )
    default:
      return refusedSession({ valid: false, reason: verdict.reason })
  }
}
