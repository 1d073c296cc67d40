import { maxNameLength, maxStatedEmailLength, maxSubjectLength } from '../domain/limits.ts'
import { type ClaimFault, type MappedRole, mapClaims } from '../domain/person/mapping.ts'
import type { PersonName, Profile } from '../domain/person/person.ts'
import { SignInRefused } from './errors.ts'
import type { ProviderSettings } from './provider-settings.ts'
import { isTime } from './registered-claims.ts'

/** What a verified ID token says of who signs in. */
export interface VerifiedPerson extends PersonName, Profile {
  readonly authenticatedAt: Date | undefined
  /** `sid` (OpenID Connect Front-Channel Logout 1.0, section 3). */
  readonly providerSession: string | undefined
  readonly roles: readonly MappedRole[]
}

/**
 * Parses the claims of an ID token whose signature, issuer, audience, nonce and times are verified.
 * Throws SignInRefused with the name of each claim of a wrong type, and without any value.
 */
export function parseClaims(
  { issuer, rules }: Pick<ProviderSettings, 'issuer' | 'rules'>,
  claims: Readonly<Record<string, unknown>>,
): VerifiedPerson {
  const { sub: subject, sid, auth_time: authTime } = claims
  if (typeof subject !== 'string' || !isText(subject, maxSubjectLength)) {
    throw new SignInRefused(
      `The claim sub must be a string of 1 to ${maxSubjectLength} characters.`,
    )
  }
  const email = textOf(claims, 'email', maxStatedEmailLength)
  const name = textOf(claims, 'name', maxNameLength)
  const { email_verified: verified } = claims
  // What was verified is the text that the provider states: with spaces around it, another address.
  const isStated = email.value !== null && email.value === claims.email
  const { roles, faults } = mapClaims(rules, claims)
  const wrong = [
    ...email.faults,
    ...name.faults,
    ...verifiedFaults(verified),
    ...sessionFaults(sid),
    ...timeFaults(authTime),
    ...faults,
  ]
  if (wrong.length > 0) {
    throw new SignInRefused(wrong.map(({ claim, message }) => `${claim}: ${message}`).join(' '))
  }
  return {
    issuer,
    subject,
    email: email.value,
    // Some providers state it as a text. Only the word counts.
    emailVerified: isStated && (verified === true || verified === 'true'),
    name: name.value,
    authenticatedAt: isTime(authTime) ? new Date(authTime * 1000) : undefined,
    providerSession: typeof sid === 'string' ? sid : undefined,
    roles,
  }
}

interface TextClaim {
  readonly value: string | null
  readonly faults: readonly ClaimFault[]
}

/** A claim for people to read. What does not fit a line of the console is left out. */
function textOf(
  claims: Readonly<Record<string, unknown>>,
  claim: string,
  maxLength: number,
): TextClaim {
  const value = claims[claim]
  if (value === undefined || value === null) return { value: null, faults: [] }
  if (typeof value !== 'string') {
    return { value: null, faults: [{ claim, message: 'The claim must be a string.' }] }
  }
  const trimmed = value.trim()
  return { value: isText(trimmed, maxLength) ? trimmed : null, faults: [] }
}

function verifiedFaults(verified: unknown): readonly ClaimFault[] {
  const isKnown = verified === undefined || verified === null || typeof verified === 'boolean'
  if (isKnown || verified === 'true' || verified === 'false') return []
  return [{ claim: 'email_verified', message: 'The claim must be true or false.' }]
}

/** A session whose name were left out would outlive a logout at the provider. */
function sessionFaults(sid: unknown): readonly ClaimFault[] {
  if (sid === undefined || (typeof sid === 'string' && isText(sid, maxSubjectLength))) return []
  const message = `The claim must be a string of 1 to ${maxSubjectLength} characters.`
  return [{ claim: 'sid', message }]
}

function timeFaults(authTime: unknown): readonly ClaimFault[] {
  if (authTime === undefined || isTime(authTime)) return []
  return [{ claim: 'auth_time', message: 'The claim must be a number of seconds.' }]
}

/** Without control characters and lone surrogates, which neither a log nor the database takes. */
function isText(text: string, maxLength: number): boolean {
  return (
    text !== '' &&
    [...text].length <= maxLength &&
    text.isWellFormed() &&
    !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)
  )
}
