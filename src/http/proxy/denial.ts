import type { DenialReason } from '../../domain/verdict.ts'

/** The response to the sender of the original request (RFC 6750, section 3). */
export interface Denial {
  readonly status: 401 | 403
  /** For WWW-Authenticate. */
  readonly challenge: string
}

const realm = 'Bearer realm="aeon-keys"'

/** The original request has no token: by RFC 6750, section 3.1, there is no error code. */
export const noToken: Denial = { status: 401, challenge: realm }

/**
 * RFC 6750, section 3.1. The response does not disclose why a token is denied: the reason
 * `address_not_allowed` would tell a thief that the token is valid elsewhere.
 */
export function denialOf(reason: DenialReason, permissions: readonly string[]): Denial {
  if (reason !== 'insufficient_permissions') {
    return { status: 401, challenge: `${realm}, error="invalid_token"` }
  }
  const scope = permissions.join(' ')
  return { status: 403, challenge: `${realm}, error="insufficient_scope", scope="${scope}"` }
}
