import type { FastifyRequest } from 'fastify'
import { ServiceError } from '../../errors.ts'
import type { ConsoleSite } from './console-site.ts'
import { sitesOf } from './session-cookie.ts'

const safeMethods = new Set(['GET', 'HEAD'])

type ConsoleRequest = Pick<FastifyRequest, 'headers' | 'method'>

/**
 * Throws `origin_refused` unless the console itself sent the request (cross-site request forgery).
 * Reads have the header too: no other site can send it without asking first, and the service
 * answers no such question (CORS). Each change has the exact origin. `same-site` is not enough: to
 * SameSite every port of a host is the same site.
 */
export function requireConsoleRequest(
  { headers, method }: ConsoleRequest,
  { origin }: ConsoleSite,
): void {
  if (headers['x-aeon-console'] !== '1') {
    throw refused('A request with a session cookie requires the header X-Aeon-Console: 1.')
  }
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') {
    throw refused('The request comes from a page of another origin.')
  }
  if (headers.origin === origin) return
  if (headers.origin !== undefined || !safeMethods.has(method)) {
    throw originMissing({ origin })
  }
}

/**
 * The site at which a request signs in, by its exact origin. Throws `origin_refused`, with the
 * remedy, for plain HTTP elsewhere than on this machine and for any other origin.
 */
export function requireSignInSite(
  { headers }: Pick<FastifyRequest, 'headers'>,
  publicSite: ConsoleSite | undefined,
): ConsoleSite {
  const sites = sitesOf({ headers }, publicSite)
  const site = sites.find(({ origin }) => origin === headers.origin)
  if (site !== undefined) return site
  const [expected] = sites
  if (headers.origin === undefined && expected !== undefined) throw originMissing(expected)
  if (publicSite !== undefined) {
    throw refused(`Sign in at ${publicSite.origin}/console, the origin of PUBLIC_URL.`)
  }
  if (expected !== undefined) throw refused('The request comes from a page of another origin.')
  throw refused(
    'Signing in requires HTTPS. Serve the console behind TLS and set PUBLIC_URL to its https:// URL, or open the console on the machine of the service, at a loopback address.',
  )
}

function originMissing({ origin }: Pick<ConsoleSite, 'origin'>): ServiceError {
  return refused(`The request requires the header Origin: ${origin}.`)
}

function refused(message: string): ServiceError {
  return new ServiceError('origin_refused', message)
}
