import { env as processEnv } from 'node:process'
import type { PoolConfig } from 'pg'
import { parseTlsParameters, type TlsOptions, tlsParameterNames } from './tls-parameters.ts'
import { types } from './types.ts'

/** A connection string, or the parts of the embedded server's connection. */
export type Connection = string | Pick<PoolConfig, 'host' | 'port' | 'user' | 'database'>
type Env = Readonly<Record<string, string | undefined>>

/** The parameters that mean the same to `pg` and to libpq. */
const passedOn = ['host', 'port', 'user', 'password', 'options', 'application_name'] as const
/**
 * Parameters without effect here: the service has settings of its own, or the parameter promises
 * nothing.
 */
const unused = [
  'connect_timeout',
  'keepalives',
  'keepalives_idle',
  'keepalives_interval',
  'keepalives_count',
  'tcp_user_timeout',
  'fallback_application_name',
  'client_encoding',
  'sslcompression',
  'sslsni',
  'load_balance_hosts',
]
/** Parameters of which `pg` implements these values only. */
const only: Readonly<Record<string, readonly string[]>> = {
  channel_binding: ['prefer', 'disable'],
  gssencmode: ['prefer', 'disable'],
  target_session_attrs: ['any', 'read-write', 'primary'],
}
/** The environment variables from which libpq takes parameters that the URL lacks. */
const variables: Readonly<Record<string, string>> = {
  PGSSLMODE: 'sslmode',
  PGSSLROOTCERT: 'sslrootcert',
  PGSSLCERT: 'sslcert',
  PGSSLKEY: 'sslkey',
  PGSSLCRL: 'sslcrl',
  PGSSLNEGOTIATION: 'sslnegotiation',
  PGSSLMINPROTOCOLVERSION: 'ssl_min_protocol_version',
  PGSSLMAXPROTOCOLVERSION: 'ssl_max_protocol_version',
}

/**
 * The options of `pg` for a connection. Throws an Error with the faults of the URL, which the
 * settings have reported before.
 */
export function clientOptions(connection: Connection): PoolConfig {
  if (typeof connection !== 'string') return { ...connection, ssl: false, types }
  const { options, faults } = parseDatabaseUrl(connection)
  if (faults.length > 0) throw new Error(`The database URL is invalid: ${faults.join('; ')}`)
  return { ...options, types }
}

/**
 * Parses a database URL as libpq does, and names each parameter that cannot have its meaning: a
 * parameter that was written to make a connection safe is never ignored. The options are usable
 * only if there are no faults.
 */
export function parseDatabaseUrl(
  text: string,
  env: Env = processEnv,
): { readonly options: PoolConfig; readonly faults: readonly string[] } {
  const faults: string[] = []
  const note = (fault: string): void => void faults.push(fault)
  if (severalHosts.test(text)) {
    note('must name exactly one host')
    return { options: {}, faults }
  }
  const url = parseUrl(text)
  if (url === undefined) {
    note('is not a valid URL. Percent-encode characters such as # and / in the password')
    return { options: {}, faults }
  }
  const given = Object.fromEntries(url.searchParams)
  const hosts = given.host ?? decodeURIComponent(url.hostname)
  if (/,/.test(hosts) || /,/.test(given.port ?? '')) note('must name exactly one host')
  for (const [name, value] of Object.entries(given)) checkParameter(name, value, note)
  // libpq ignores TLS on a Unix socket.
  const tls: TlsOptions = hosts.startsWith('/')
    ? { ssl: false, sslnegotiation: 'postgres' }
    : parseTlsParameters({ ...defaultsOf(env), ...given }, (fault) => note(`is invalid: ${fault}`))
  for (const name of Object.keys(given)) {
    if (!passedOn.some((one) => one === name)) url.searchParams.delete(name)
  }
  const connectionString = url.href.replace(`@${noHost}/`, '@/')
  return { options: { connectionString, ...tls }, faults }
}

const severalHosts = /^\w+:\/\/([^/?#]*@)?[^/?#@]*,/
const noHost = 'host.invalid'

/** A URL without a host names a Unix socket by a parameter. */
function parseUrl(text: string): URL | undefined {
  for (const one of [text, text.replace('@/', `@${noHost}/`)]) {
    const url = URL.parse(one)
    if (url !== null && !isMalformed(url)) return url
  }
  return undefined
}

function isMalformed(url: URL): boolean {
  try {
    for (const part of [url.username, url.password, url.hostname, url.pathname]) {
      decodeURIComponent(part)
    }
    return false
  } catch {
    return true
  }
}

function checkParameter(name: string, value: string, note: (fault: string) => void): void {
  const isKnown = [...passedOn, ...unused, ...tlsParameterNames].some((one) => one === name)
  if (isKnown) return
  const shown = /^\w{1,40}$/.test(name) ? name : '(name not shown)'
  const values = only[name]
  if (values === undefined) {
    note(`has an unsupported parameter: ${shown}`)
  } else if (!values.includes(value)) {
    note(`has a parameter that must be one of ${values.join(', ')}: ${shown}`)
  }
}

function defaultsOf(env: Env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([variable, name]): [string, string][] => {
      const value = env[variable]
      return value === undefined || value === '' ? [] : [[name, value]]
    }),
  )
}
