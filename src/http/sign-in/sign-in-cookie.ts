import { hash } from 'node:crypto'
import type { TagKey } from '../../domain/token/tag.ts'
import type { ConsoleSite } from '../sessions/console-site.ts'
import { attributesOf, namesOf, valuesOf } from '../sessions/session-cookie.ts'

/** How long a person may take at the provider. */
const lifetimeSeconds = 600
/** How many sign-ins a browser keeps: servers and proxies take a bounded Cookie header only. */
const maxPending = 5
const TAG_BYTES = 32

/** A sign-in that has begun in a browser, as its cookie has it. */
export interface PendingSignIn {
  readonly provider: string
  readonly origin: string
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  readonly isConfirmation: boolean
  readonly accountId: string | null
  /** The secret of the invitation that the person redeems; absent: there is none. */
  readonly invitation?: string | undefined
  /** By the clock of the service, in milliseconds. */
  readonly startedAt: number
}

/** The state of a sign-in names its cookie: sign-ins of several windows leave each other alone. */
type State = Pick<PendingSignIn, 'state'>

/**
 * The Set-Cookie line of a sign-in that begins. The cookie binds the answer of the provider to the
 * browser that asked (RFC 6749, section 10.12), and needs no row: a visitor without an account
 * writes nothing. Lax: the provider's page leads back by a link from another site.
 */
export function signInCookieOf(site: ConsoleSite, pending: PendingSignIn, signing: TagKey): string {
  const text = Buffer.from(JSON.stringify(pending)).toString('base64url')
  const value = `${text}.${tagOf(text, signing).toString('base64url')}`
  return `${nameOf(site, pending)}=${value}; Max-Age=${lifetimeSeconds}; ${attributesOf(site)}`
}

/** The Set-Cookie line that makes a browser forget one sign-in. */
export function expiredSignInCookieOf(site: ConsoleSite, state: State): string {
  return forgetting(site, nameOf(site, state))
}

/**
 * The Set-Cookie lines that make a browser forget what exceeds its bound once another sign-in has
 * begun: cookies that are none of a sign-in under way, and then the sign-ins that began first.
 */
export function surplusSignInCookiesOf(
  cookie: string | undefined,
  site: ConsoleSite,
  keyring: readonly TagKey[],
  now: Date,
): readonly string[] {
  const names = new Set(namesOf(cookie ?? '').filter((name) => name.startsWith(prefixOf(site))))
  const startedAt = (name: string) =>
    parsePending(valuesOf(cookie ?? '', name), site, keyring, now)?.startedAt ?? 0
  const byAge = [...names].toSorted((one, other) => startedAt(one) - startedAt(other))
  return byAge
    .slice(0, Math.max(0, byAge.length + 1 - maxPending))
    .map((name) => forgetting(site, name))
}

/**
 * The sign-in that a browser began at a site with a state; undefined unless it has exactly one
 * cookie of that name, which a key of the keyring signed, and began it lately.
 */
export function parseSignInCookie(
  cookie: string | undefined,
  site: ConsoleSite,
  state: State,
  keyring: readonly TagKey[],
  now: Date,
): PendingSignIn | undefined {
  return parsePending(valuesOf(cookie ?? '', nameOf(site, state)), site, keyring, now)
}

function parsePending(
  [value, ...others]: readonly string[],
  site: ConsoleSite,
  keyring: readonly TagKey[],
  now: Date,
): PendingSignIn | undefined {
  if (value === undefined || others.length > 0) return undefined
  const [text = '', tag = ''] = value.split('.')
  const presented = Buffer.from(tag, 'base64url')
  // The last character has bits that say nothing: one text only stands for a tag.
  if (presented.length !== TAG_BYTES || presented.toString('base64url') !== tag) return undefined
  if (!keyring.some((key) => key.signInSubKey.signs(signedOf(text), presented))) return undefined
  // The service signed the text, so that it is what the service wrote.
  const pending: PendingSignIn = JSON.parse(Buffer.from(text, 'base64url').toString())
  if (pending.origin !== site.origin) return undefined
  const age = now.getTime() - pending.startedAt
  return age < lifetimeSeconds * 1000 ? pending : undefined
}

function tagOf(text: string, key: TagKey): Buffer {
  return key.signInSubKey.digest(signedOf(text))
}

/**
 * No secret of a sign-in link begins so: the sub-key serves both. The text is longer than a
 * token.
 */
function signedOf(text: string): string {
  return `state ${hash('sha256', text, 'base64url')}`
}

function forgetting(site: ConsoleSite, name: string): string {
  return `${name}=; Max-Age=0; ${attributesOf(site)}`
}

/** A part of the digest: 132 bits. The value of the cookie has the state itself, and is signed. */
function nameOf(site: ConsoleSite, { state }: State): string {
  return `${prefixOf(site)}${hash('sha256', state, 'base64url').slice(0, 22)}`
}

function prefixOf({ isSecure, cookieName }: ConsoleSite): string {
  return `${isSecure ? '__Host-aeon_sign_in' : cookieName.replace('session', 'sign_in')}_`
}
