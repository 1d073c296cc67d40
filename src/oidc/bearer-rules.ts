import { audiencesOf, faultOfTimes } from './registered-claims.ts'

/** RFC 9068, section 2.1, and RFC 7519, section 5.1. */
export const bearerTypes: ReadonlySet<string> = new Set(['jwt', 'at+jwt', 'application/at+jwt'])

/** Claims of ID tokens (OpenID Connect Core 1.0, sections 2 and 3.3.2.11) and of logout tokens. */
const foreignClaims = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events']

export interface BearerTerms {
  readonly audience: string
  readonly clientIds: ReadonlySet<string>
  readonly now: Date
}

/**
 * What is wrong with the claims of a JWT whose issuer and signature are verified; undefined: it may
 * authenticate a request (RFC 9068, section 4). A claim is named, and its value never repeated.
 */
export function faultOfClaims(
  claims: Readonly<Record<string, unknown>>,
  { audience, clientIds, now }: BearerTerms,
): string | undefined {
  const found = foreignClaims.find((name) => claims[name] !== undefined)
  if (found !== undefined) return `${found} must be absent: the JWT is no access token.`
  const { aud } = claims
  const audiences = audiencesOf(aud)
  if (audiences === undefined) return 'aud must be a string or a list of strings.'
  if (audiences.some((one) => clientIds.has(one))) {
    return 'aud must not be a client id: an ID token is no access token.'
  }
  if (!audiences.includes(audience)) return 'aud must be the audience of this service.'
  return faultOfTimes(claims, now)
}
