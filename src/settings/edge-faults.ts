import { edgeSettings } from './edge-settings.ts'

type Env = Readonly<Record<string, string | undefined>>

/** The settings that an edge follows, besides its own. */
const followed: ReadonlySet<string> = new Set([
  ...Object.keys(edgeSettings),
  'PORT',
  'HOST',
  'OPERATIONS_PORT',
  'OPERATIONS_HOST',
  'METRICS',
  'PUBLIC_URL',
  'CONNECTIONS_MAX',
  'CONNECTIONS_PER_ADDRESS_MAX',
  'TRUSTED_PROXIES',
  'FORWARD_AUTH_NETWORKS',
  'FORWARD_AUTH_HEADER',
  'FORWARD_AUTH_REASON',
  'CACHE_MAX_KEYS',
  'DRAIN_TIMEOUT_MS',
  'LOG_LEVEL',
])
/** What an edge does anyway may be said. */
const implied: ReadonlyMap<string, string> = new Map([
  ['EDGES_MAX', '0'],
  ['WORKERS', '1'],
  ['MIGRATE', 'off'],
  ['CONSOLE', 'off'],
  ['AEON_API', 'off'],
  ['DOCS', 'off'],
])
/** A Unix socket has no port, and its clients have no address. */
const ofAddresses = [
  'PORT',
  'CONNECTIONS_PER_ADDRESS_MAX',
  'TRUSTED_PROXIES',
  'FORWARD_AUTH_NETWORKS',
]

/** The faults of settings that make no sense together, of an edge and of its Unix socket. */
export function edgeFaults(env: Env, names: readonly string[]): readonly string[] {
  const isGiven = (name: string) => (env[name] ?? '') !== ''
  const given = names.filter(isGiven)
  return [
    ...(isGiven('EDGE_OF') ? faultsOfEdge(env, given) : faultsWithoutEdge(given)),
    ...(isGiven('EDGE_SOCKET') ? faultsOfSocket(given) : faultsWithoutSocket(given)),
  ]
}

function faultsOfEdge(env: Env, given: readonly string[]): readonly string[] {
  const faults = given
    .filter((name) => !followed.has(name) && implied.get(name) !== env[name])
    .map(explain)
  if (!given.includes('EDGE_TOKEN_FILE')) faults.push('EDGE_TOKEN_FILE is required by EDGE_OF')
  return faults
}

function explain(name: string): string {
  if (name === 'EDGES_MAX') return 'EDGES_MAX must be 0 with EDGE_OF: an edge has no edges'
  if (name === 'WORKERS') return 'WORKERS must be 1 with EDGE_OF: start several edges instead'
  return `${name} must be unset with EDGE_OF: an edge has no use for it`
}

function faultsWithoutEdge(given: readonly string[]): readonly string[] {
  return given
    .filter((name) => name !== 'EDGE_OF' && name in edgeSettings)
    .map((name) => `${name} requires EDGE_OF`)
}

function faultsOfSocket(given: readonly string[]): readonly string[] {
  return given
    .filter((name) => ofAddresses.includes(name))
    .map((name) => `${name} must be unset with EDGE_SOCKET: a Unix socket has no addresses`)
}

function faultsWithoutSocket(given: readonly string[]): readonly string[] {
  return given
    .filter((name) => name === 'EDGE_SOCKET_MODE' || name === 'EDGE_SOCKET_CALLERS')
    .map((name) => `${name} requires EDGE_SOCKET`)
}
