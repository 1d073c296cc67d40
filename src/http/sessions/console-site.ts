/** An origin at which the console may be open, and the cookie of its sessions. */
export interface ConsoleSite {
  /** As browsers write it in the Origin header (RFC 6454, section 6.1). */
  readonly origin: string
  readonly cookieName: string
  /** Whether the cookie is sent over TLS only. */
  readonly isSecure: boolean
}

/**
 * The host that a browser on this machine shows, written out. A name that an attacker's DNS points
 * to 127.0.0.1 is none of these (DNS rebinding), and browsers resolve `localhost` by themselves.
 */
const loopbackHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?$/i

/** The site of PUBLIC_URL; undefined unless its scheme is https. */
export function publicSiteOf(publicUrl: string | undefined): ConsoleSite | undefined {
  if (publicUrl === undefined) return undefined
  const { protocol, origin } = new URL(publicUrl)
  if (protocol !== 'https:') return undefined
  // RFC 6265bis, section 4.1.3.2: no other host, path or plain connection can set such a cookie.
  return { origin, cookieName: '__Host-aeon_session', isSecure: true }
}

/**
 * The site of a request that names a literal loopback host; undefined for any other host. Cookies
 * ignore ports, so that the name of the cookie has the port: two services on one machine keep their
 * sessions apart.
 */
export function loopbackSiteOf(host: string | undefined): ConsoleSite | undefined {
  const match = host === undefined ? null : loopbackHost.exec(host)
  if (match === null) return undefined
  // Null for a port above 65535.
  const origin = URL.parse(`http://${match[0]}`)?.origin
  if (origin === undefined) return undefined
  return { origin, cookieName: `aeon_session_${match[1] ?? '80'}`, isSecure: false }
}
