import type { FastifyRequest } from 'fastify'
import { ServiceError } from '../../errors.ts'
import { type ConsoleSite, loopbackSiteOf } from './console-site.ts'

/** A session token that a request presents, and the site whose cookie it is. */
export interface PresentedSession {
  readonly token: string
  readonly site: ConsoleSite
}

/**
 * The session cookie of a request; undefined if it has none. Any other cookie of the host counts
 * for nothing. Throws `unauthenticated` for several of one name.
 */
export function findSessionCookie(
  { headers }: Pick<FastifyRequest, 'headers'>,
  publicSite: ConsoleSite | undefined,
): PresentedSession | undefined {
  const { cookie } = headers
  if (cookie === undefined) return undefined
  for (const site of sitesOf({ headers }, publicSite)) {
    const [token, ...others] = valuesOf(cookie, site.cookieName)
    if (others.length > 0) {
      throw new ServiceError('unauthenticated', 'Send exactly one session cookie.')
    }
    if (token !== undefined) return { token, site }
  }
  return undefined
}

/** The sites at which the console of a request may be open. */
export function sitesOf(
  { headers }: Pick<FastifyRequest, 'headers'>,
  publicSite: ConsoleSite | undefined,
): readonly ConsoleSite[] {
  return [publicSite, loopbackSiteOf(headers.host)].filter((site) => site !== undefined)
}

/** Whether a request has a cookie of the site, whatever its value. */
export function hasCookieOf(
  { headers }: Pick<FastifyRequest, 'headers'>,
  { cookieName }: ConsoleSite,
): boolean {
  return headers.cookie !== undefined && valuesOf(headers.cookie, cookieName).length > 0
}

/**
 * The Set-Cookie line of a session token. Without an expiry: the browser forgets it when it closes,
 * and the session ends by its own times. Lax, not Strict: a link from elsewhere opens the console
 * signed in, and no change is accepted without the headers of console-request.ts.
 */
export function cookieOf(site: ConsoleSite, token: string): string {
  return `${site.cookieName}=${token}; ${attributesOf(site)}`
}

/** The Set-Cookie line that makes a browser forget the session. */
export function expiredCookieOf(site: ConsoleSite): string {
  return `${site.cookieName}=; Max-Age=0; ${attributesOf(site)}`
}

/** What every cookie of the console has beside its name and value. */
export function attributesOf({ isSecure }: ConsoleSite): string {
  return `Path=/; HttpOnly; ${isSecure ? 'Secure; ' : ''}SameSite=Lax`
}

/** The values of the cookies of a name, in a Cookie header. */
export function valuesOf(cookie: string, name: string): readonly string[] {
  return pairsOf(cookie)
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
}

/** The names of the cookies in a Cookie header. */
export function namesOf(cookie: string): readonly string[] {
  return pairsOf(cookie)
    .filter((pair) => pair.includes('='))
    .map((pair) => pair.slice(0, pair.indexOf('=')))
}

function pairsOf(cookie: string): readonly string[] {
  return cookie.split(';').map((pair) => pair.trim())
}
