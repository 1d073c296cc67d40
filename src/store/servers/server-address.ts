import { isIP } from 'node:net'

/** A server as the database URL names it. */
export interface ServerAddress {
  /** A name, an address, or the folder of a Unix socket, which begins with a slash. */
  readonly host: string
  readonly port: number
}

/** A server at one of the addresses that its name has. */
export interface Endpoint extends ServerAddress {
  /** What to connect to: an address, or the host itself where no other address competes with it. */
  readonly address: string
}

/** Whether libpq takes a host for the folder of a Unix socket: it is an absolute path. */
export function isSocketFolder(host: string): boolean {
  return host.startsWith('/')
}

/** How messages name an endpoint: without user and password. */
export function nameOf({ host, port, address }: Endpoint): string {
  if (isSocketFolder(host)) return `${host} (port ${port})`
  const named = isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
  return address === host ? named : `${named} (${address})`
}
