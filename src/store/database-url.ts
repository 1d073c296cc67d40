import { env as processEnv } from 'node:process'
import type { PoolConfig } from 'pg'
import { parseHosts } from './servers/parse-hosts.ts'
import { isSocketFolder, type ServerAddress } from './servers/server-address.ts'
import { splitUrl } from './servers/split-url.ts'
import { parseTlsParameters, type TlsOptions, tlsParameterNames } from './tls-parameters.ts'

/** A connection string, or the parts of the embedded server's connection. */
export type Connection = string | Pick<PoolConfig, 'host' | 'port' | 'user' | 'database'>
type Env = Readonly<Record<string, string | undefined>>

/** What a database URL says: which servers there are, and how to connect to any of them. */
export interface DatabaseUrl {
  readonly servers: readonly ServerAddress[]
  /** The options of `pg` that are the same for all servers. */
  readonly options: PoolConfig
  /** Whether a server that is no standby but refuses writes is accepted. */
  readonly acceptsReadOnly: boolean
  /** Whether connections are spread over servers of equal rank. */
  readonly isBalanced: boolean
  /** How long one server may take to accept a connection, in milliseconds. */
  readonly connectWithinMs: number | undefined
}

/** The parameters that mean the same to `pg` and to libpq. */
const passedOn = ['user', 'password', 'options', 'application_name'] as const
/**
 * Parameters without effect here: the service has settings of its own, or the parameter promises
 * nothing.
 */
const unused = [
  'keepalives',
  'keepalives_idle',
  'keepalives_interval',
  'keepalives_count',
  'tcp_user_timeout',
  'fallback_application_name',
  'client_encoding',
  'sslcompression',
  'sslsni',
  'max_protocol_version',
]
const ownNames = ['host', 'port', 'connect_timeout']
/** Parameters of which these values only have their meaning here. */
const only: Readonly<Record<string, readonly string[]>> = {
  channel_binding: ['prefer', 'disable'],
  gssencmode: ['prefer', 'disable'],
  // The service writes: a standby is never what it needs.
  target_session_attrs: ['any', 'read-write', 'primary'],
  load_balance_hosts: ['disable', 'random'],
  sslcertmode: ['allow'],
  min_protocol_version: ['3.0'],
}
/** The environment variables from which libpq takes parameters that the URL lacks. */
const variables: Readonly<Record<string, string>> = {
  PGSSLMODE: 'sslmode',
  PGSSLROOTCERT: 'sslrootcert',
  PGSSLCERT: 'sslcert',
  PGSSLKEY: 'sslkey',
  PGSSLCRL: 'sslcrl',
  PGSSLCRLDIR: 'sslcrldir',
  PGSSLCERTMODE: 'sslcertmode',
  PGSSLNEGOTIATION: 'sslnegotiation',
  PGSSLMINPROTOCOLVERSION: 'ssl_min_protocol_version',
  PGSSLMAXPROTOCOLVERSION: 'ssl_max_protocol_version',
  PGCHANNELBINDING: 'channel_binding',
  PGREQUIREAUTH: 'require_auth',
  PGREQUIREPEER: 'requirepeer',
  PGGSSENCMODE: 'gssencmode',
  PGMINPROTOCOLVERSION: 'min_protocol_version',
  PGHOSTADDR: 'hostaddr',
  PGSERVICE: 'service',
  PGTARGETSESSIONATTRS: 'target_session_attrs',
  PGLOADBALANCEHOSTS: 'load_balance_hosts',
  PGCONNECT_TIMEOUT: 'connect_timeout',
}

/**
 * What a database URL says. Throws an Error with its faults, which the settings have reported
 * before.
 */
export function parseConnection(connection: Connection): DatabaseUrl {
  if (typeof connection === 'string') {
    const { url, faults } = parseDatabaseUrl(connection)
    if (faults.length > 0) throw new Error(`The database URL is invalid: ${faults.join('; ')}`)
    return url
  }
  const { host = 'localhost', port = 5432, ...options } = connection
  return { ...nothing, servers: [{ host, port }], options: { ...options, ssl: false } }
}

const nothing: DatabaseUrl = {
  servers: [],
  options: {},
  acceptsReadOnly: false,
  isBalanced: false,
  connectWithinMs: undefined,
}
const invalid =
  'is not a valid URL. Percent-encode characters such as #, / and spaces in the password'

/**
 * Parses a database URL as libpq does, and names each parameter that cannot have its meaning: a
 * parameter that was written to make a connection safe is never ignored. The result is usable only
 * if there are no faults.
 */
export function parseDatabaseUrl(
  text: string,
  env: Env = processEnv,
): { readonly url: DatabaseUrl; readonly faults: readonly string[] } {
  const faults: string[] = []
  const note = (fault: string): void => void faults.push(fault)
  const parts = splitUrl(text)
  if (parts === undefined) return { url: nothing, faults: [invalid] }
  const given: Record<string, string> = { ...defaultsOf(env), ...parts.parameters }
  for (const [name, value] of Object.entries(given)) {
    checkParameter(name, value, (fault) =>
      note(name in parts.parameters ? fault : `${fault} (from ${variableOf(name)})`),
    )
  }
  const servers = parseHosts(
    {
      authority: parts.authority,
      host: given.host,
      port: given.port,
      defaultHost: env.PGHOST ?? '',
      defaultPort: env.PGPORT || '5432',
    },
    note,
  )
  // libpq ignores TLS on a Unix socket.
  const tls: TlsOptions = servers.every(({ host }) => isSocketFolder(host))
    ? { ssl: false, sslnegotiation: 'postgres' }
    : parseTlsParameters(given, (fault) => note(`is invalid: ${fault}`))
  const passed = passedOn.flatMap((name) => (given[name] ? [[name, given[name]]] : []))
  const url = {
    servers,
    options: { ...parts.options, ...Object.fromEntries(passed), ...tls },
    acceptsReadOnly: given.target_session_attrs === 'primary',
    isBalanced: given.load_balance_hosts === 'random',
    connectWithinMs: connectTimeoutOf(given.connect_timeout, note),
  }
  return { url, faults }
}

/** In seconds, as in libpq: none where the value is 0 or negative. */
function connectTimeoutOf(
  text: string | undefined,
  note: (fault: string) => void,
): number | undefined {
  if (text === undefined) return undefined
  if (!/^-?\d{1,9}$/.test(text))
    note('has a parameter that must be a whole number: connect_timeout')
  return Number(text) > 0 ? Number(text) * 1_000 : undefined
}

function checkParameter(name: string, value: string, note: (fault: string) => void): void {
  const isKnown = [...passedOn, ...unused, ...ownNames, ...tlsParameterNames].some(
    (one) => one === name,
  )
  if (isKnown) return
  const shown = /^\w{1,40}$/.test(name) ? name : '(name not shown)'
  const values = only[name]
  if (values === undefined) {
    note(`has an unsupported parameter: ${shown}`)
  } else if (!values.includes(value)) {
    note(`has a parameter that must be one of ${values.join(', ')}: ${shown}`)
  }
}

function variableOf(name: string): string {
  const [variable = ''] = Object.entries(variables).find(([, known]) => known === name) ?? []
  return variable
}

function defaultsOf(env: Env): Record<string, string> {
  const defaults = Object.entries(variables).flatMap(([variable, name]): [string, string][] => {
    const value = env[variable]
    return value === undefined || value === '' ? [] : [[name, value]]
  })
  // The form of libpq's earlier versions, which libpq still obeys.
  const requiresTls = env.PGREQUIRESSL?.startsWith('1') === true
  return { ...(requiresTls && { sslmode: 'require' }), ...Object.fromEntries(defaults) }
}
