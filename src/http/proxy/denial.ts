import type { DenialReason } from '../../domain/verdict.ts'
import { ServiceError } from '../../errors.ts'

/** How a denial is told to whoever sent the original request. */
export interface Denial {
  readonly error: ServiceError
  /** RFC 6750, section 3. */
  readonly challenge: string
}

const realm = 'Bearer realm="aeon-keys"'

/** No token was presented: RFC 6750, section 3.1, gives no error code then. */
export const noToken: Denial = {
  error: new ServiceError('unauthenticated', 'Present an API key.'),
  challenge: realm,
}

/**
 * RFC 6750, section 3.1. What is wrong with a token is not told: a wrong address least of all, since
 * that would tell a thief that the token is good elsewhere.
 */
export function denialOf(reason: DenialReason, permissions: readonly string[]): Denial {
  if (reason === 'insufficient_permissions') {
    return {
      error: new ServiceError('permission_denied', 'The API key lacks a permission.'),
      challenge: `${realm}, error="insufficient_scope", scope="${permissions.join(' ')}"`,
    }
  }
  return {
    error: new ServiceError('unauthenticated', 'The API key is not good here.'),
    challenge: `${realm}, error="invalid_token"`,
  }
}
