import { ProviderUnavailable, SignInRefused } from './errors.ts'

/**
 * Errors by which a provider says that it cannot answer now (RFC 6749, section 4.1.2.1). They are
 * defined for the answer by way of the browser, which has no status; token endpoints send them too.
 */
const outages: ReadonlySet<unknown> = new Set(['server_error', 'temporarily_unavailable'])

/**
 * What the failure of a sign-in in the library is: an outage of the provider, which says nothing of
 * a person, or a refusal.
 */
export function toSignInFailure(error: unknown): ProviderUnavailable | SignInRefused {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ProviderUnavailable || cause instanceof SignInRefused) return cause
    const isOutage =
      ('code' in cause && cause.code === 'OAUTH_TIMEOUT') ||
      ('error' in cause && isOutageCode(cause.error))
    if (isOutage) return new ProviderUnavailable(messageOf(error))
  }
  return new SignInRefused(messageOf(error))
}

/** Whether an error of OAuth says that the provider cannot answer now. */
export function isOutageCode(code: unknown): boolean {
  return outages.has(code)
}

/** Messages of the library name claims and parameters, never their values. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { cause } = error
  const detail = cause instanceof Error ? `: ${cause.message}` : ''
  const code = 'error' in error && isErrorCode(error.error) ? ` (${error.error})` : ''
  return `${error.message}${detail}${code}`
}

/** A code of RFC 6749, section 5.2, or of an extension: whatever else it is, is not repeated. */
export function isErrorCode(code: unknown): code is string {
  return typeof code === 'string' && /^[a-z_]{1,64}$/.test(code)
}
