import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { ClientConfig } from 'pg'
import { type Endpoint, isSocketFolder } from './server-address.ts'

/** The options of `pg` for a connection to an endpoint. */
export function endpointOptions(options: ClientConfig, endpoint: Endpoint): ClientConfig {
  const { address, port } = endpoint
  return { ...options, host: address, port, ssl: tlsFor(options.ssl, endpoint) }
}

/**
 * A certificate is checked against the name that the URL has for this server, not against the
 * address that the name had. libpq ignores TLS on a Unix socket.
 */
function tlsFor(ssl: ClientConfig['ssl'], { host, address }: Endpoint): false | ConnectionOptions {
  if (ssl === undefined || typeof ssl === 'boolean' || isSocketFolder(host)) return false
  // `pg` hides the private key from enumeration on the object that it is given.
  const own = { ...ssl, ...(ssl.key !== undefined && { key: ssl.key }) }
  if (address === host) return own
  return { ...own, host, ...(isIP(host) === 0 && { servername: host }) }
}
