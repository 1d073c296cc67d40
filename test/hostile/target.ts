import type { IpcNetConnectOpts, TcpNetConnectOpts } from 'node:net'
import { Client } from 'pg'

/** The address that a database URL names, and the URL of the same database through a port. */
export function targetOf(url: string): {
  readonly target: IpcNetConnectOpts | TcpNetConnectOpts
  readonly through: (port: number) => string
} {
  const { host, port, user, database } = new Client({ connectionString: url })
  return {
    target: host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port },
    through: (proxyPort) => `postgresql://${user}@127.0.0.1:${proxyPort}/${database}`,
  }
}
