/** How far the clock of an issuer may be from ours. */
export const maxSkewSeconds = 60
/** A JWT is not revoked one by one, so that it must not last long. */
const maxLifetimeSeconds = 24 * 60 * 60

/** What is wrong with the times of a JWT (RFC 7519, section 4.1); undefined: nothing. */
export function faultOfTimes(
  { exp, nbf, iat }: Readonly<Record<string, unknown>>,
  now: Date,
): string | undefined {
  if (!isTime(exp)) return 'exp must be a number of seconds.'
  if (!isTime(iat)) return 'iat must be a number of seconds.'
  if (nbf !== undefined && !isTime(nbf)) return 'nbf must be a number of seconds.'
  const nowSeconds = now.getTime() / 1000
  if (exp + maxSkewSeconds <= nowSeconds) return 'The JWT has expired.'
  if (iat - maxSkewSeconds > nowSeconds) return 'iat must not be in the future.'
  if (nbf !== undefined && nbf - maxSkewSeconds > nowSeconds)
    return 'nbf must not be in the future.'
  if (exp - iat > maxLifetimeSeconds) return 'exp must be at most 24 hours after iat.'
  return undefined
}

/** RFC 7519, section 2, NumericDate; within what a Date holds. */
export function isTime(claim: unknown): claim is number {
  return typeof claim === 'number' && claim >= 0 && claim < 8.64e12
}

/** Whom a JWT is for (RFC 7519, section 4.1.3); undefined: `aud` is neither a text nor a list. */
export function audiencesOf(claim: unknown): readonly string[] | undefined {
  if (typeof claim === 'string') return [claim]
  if (!Array.isArray(claim)) return undefined
  return claim.every((one) => typeof one === 'string') ? claim : undefined
}
