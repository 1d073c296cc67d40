import type { CallerPrincipal, KeyPrincipal } from '../domain/principal.ts'
import { ServiceError } from '../errors.ts'

/** The principal, if it is a key. Throws `permission_denied` for a person, who has no token. */
export function requireKey(principal: CallerPrincipal): KeyPrincipal {
  if (principal.kind === 'key') return principal
  throw new ServiceError(
    'permission_denied',
    'The operation requires an API key: a person who signed in has no token.',
  )
}
