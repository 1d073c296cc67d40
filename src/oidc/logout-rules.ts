import { isRecord } from '../domain/is-record.ts'
import { maxSubjectLength } from '../domain/limits.ts'
import { audiencesOf, faultOfTimes } from './registered-claims.ts'

/** OpenID Connect Back-Channel Logout 1.0, section 2.4, and RFC 7519, section 5.1. */
export const logoutTypes: ReadonlySet<string> = new Set([
  'jwt',
  'logout+jwt',
  'application/logout+jwt',
])

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

export interface LogoutTerms {
  readonly clientId: string
  readonly now: Date
}

/**
 * What is wrong with the claims of a logout token whose issuer and signature are verified (OpenID
 * Connect Back-Channel Logout 1.0, section 2.6); undefined: nothing. A claim is named, and its
 * value never repeated.
 */
export function faultOfLogout(
  claims: Readonly<Record<string, unknown>>,
  { clientId, now }: LogoutTerms,
): string | undefined {
  const { aud, events, jti, nonce, sid, sub } = claims
  if (audiencesOf(aud)?.includes(clientId) !== true) return 'aud must be the client id.'
  if (!isLogout(events)) return 'events must name a back-channel logout.'
  // Else an ID token of an attacker could end the sessions of the one it is of.
  if (nonce !== undefined) return 'nonce must be absent.'
  if (!isText(jti)) return `jti must be a string of 1 to ${maxSubjectLength} characters.`
  if (sub === undefined && sid === undefined) return 'sub or sid must be there.'
  if (sub !== undefined && !isText(sub))
    return `sub must be a string of 1 to ${maxSubjectLength} characters.`
  if (sid !== undefined && !isText(sid))
    return `sid must be a string of 1 to ${maxSubjectLength} characters.`
  return faultOfTimes(claims, now)
}

function isLogout(events: unknown): boolean {
  return isRecord(events) && Object.hasOwn(events, logoutEvent) && isRecord(events[logoutEvent])
}

/** What the database can hold. */
function isText(claim: unknown): claim is string {
  if (typeof claim !== 'string' || claim === '' || !claim.isWellFormed()) return false
  return [...claim].length <= maxSubjectLength && !claim.includes('\0')
}
