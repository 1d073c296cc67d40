import type { DenialReason } from '../domain/verdict.ts'
import { type ErrorCode, ServiceError } from '../errors.ts'

/** A presented token that does not authenticate the request. */
export class RefusedToken extends ServiceError {
  readonly reason: DenialReason

  constructor(reason: DenialReason, code: ErrorCode, message: string) {
    super(code, message)
    this.reason = reason
  }
}

/**
 * The refusal of a token, which `name` says the place of. The reasons that disclose facts of a key
 * occur only if the secret of the token matched.
 */
export function refusedToken(reason: DenialReason, name = 'text after Bearer'): RefusedToken {
  if (reason === 'address_not_allowed') {
    const message = 'The client address is not in the allow lists of the API key.'
    return new RefusedToken(reason, 'permission_denied', message)
  }
  const messages: Partial<Record<DenialReason, string>> = {
    revoked: 'The API key is revoked.',
    disabled: 'The API key is disabled.',
    rotated: 'The token was replaced by a newer token of the API key.',
    expired: 'The API key has expired.',
    malformed: `The ${name} is not a token. Send the whole token as it was issued, without quotes: an id or a hint is not a token.`,
  }
  return new RefusedToken(
    reason,
    'unauthenticated',
    messages[reason] ?? 'The API key is not valid.',
  )
}
