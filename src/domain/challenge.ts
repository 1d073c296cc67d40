import type { DenialReason } from './verdict.ts'

/** The response to a request with a denied token, or with none (RFC 6750, section 3). */
export interface Challenge {
  readonly status: 401 | 403
  /** For WWW-Authenticate. */
  readonly challenge: string
}

/** A request without a token: by RFC 6750, section 3.1, there is no error code. */
export function challengeWithoutToken(realm: string): Challenge {
  return { status: 401, challenge: `Bearer realm="${realm}"` }
}

/**
 * RFC 6750, section 3.1. The response does not disclose why a token is denied: the reason
 * `address_not_allowed` would tell a thief that the token is valid elsewhere.
 */
export function challengeOf(
  reason: DenialReason,
  permissions: readonly string[],
  realm: string,
): Challenge {
  if (reason !== 'insufficient_permissions') {
    return { status: 401, challenge: `Bearer realm="${realm}", error="invalid_token"` }
  }
  const scope = permissions.join(' ')
  return {
    status: 403,
    challenge: `Bearer realm="${realm}", error="insufficient_scope", scope="${scope}"`,
  }
}
