import type { DenialReason } from '../../domain/verdict.ts'

/** How a denial is told to whoever sent the original request: RFC 6750, section 3. */
export interface Denial {
  readonly status: 401 | 403
  /** For WWW-Authenticate. */
  readonly challenge: string
}

const realm = 'Bearer realm="aeon-keys"'

/** No token was presented: RFC 6750, section 3.1, gives no error code then. */
export const noToken: Denial = { status: 401, challenge: realm }

/**
 * RFC 6750, section 3.1. What is wrong with a token is not told: a wrong address least of all, since
 * that would tell a thief that the token is good elsewhere.
 */
export function denialOf(reason: DenialReason, permissions: readonly string[]): Denial {
  if (reason !== 'insufficient_permissions') {
    return { status: 401, challenge: `${realm}, error="invalid_token"` }
  }
  const scope = permissions.join(' ')
  return { status: 403, challenge: `${realm}, error="insufficient_scope", scope="${scope}"` }
}
