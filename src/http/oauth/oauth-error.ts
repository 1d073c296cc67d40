/** The error codes of introspection (RFC 6749, section 5.2; RFC 6750, section 3.1). */
export const oauthErrors = [
  'invalid_request',
  'invalid_client',
  'invalid_token',
  'insufficient_scope',
  'temporarily_unavailable',
  'server_error',
] as const
export type OAuthError = (typeof oauthErrors)[number]
