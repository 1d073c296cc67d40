import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** One of the systems that the service is compared with: bench/peers has their servers. */
export interface Peer {
  readonly name: string
  readonly script: string
  readonly settings: Readonly<Record<string, string>>
  readonly readyPath?: string
  readonly protocol: 'verify' | 'introspection'
  /** How much faster the service is to be; absent: nobody said. */
  readonly goal?: number
  /**
   * What another process would do to the database to revoke a token; absent: nothing would help.
   */
  readonly revocation?: { readonly sql: string; readonly value: (token: string) => string | Buffer }
  /** Beside what is measured: what it differs from the service. */
  readonly difference: string
}

const noCaller = 'its caller is not authenticated'

export const peers: readonly Peer[] = [
  {
    name: 'better-auth, default',
    script: 'bench/peers/better-auth.ts',
    settings: { STORAGE: 'database' },
    protocol: 'verify',
    goal: 30,
    revocation: {
      sql: 'update apikey set enabled = false where key = $1',
      value: (token) => createHash('sha256').update(token).digest('base64url'),
    },
    difference: `${noCaller}; its rate limit, on by default, is off; records each use at once`,
  },
  {
    name: 'better-auth, secondary storage',
    script: 'bench/peers/better-auth.ts',
    settings: { STORAGE: 'secondary-storage' },
    protocol: 'verify',
    difference: `${noCaller}; a map in its own process stands for Redis and saves the round trips`,
  },
  {
    name: 'oidc-provider, PostgreSQL',
    script: 'bench/peers/oidc-provider.ts',
    settings: { ADAPTER: 'pg' },
    readyPath: '/.well-known/openid-configuration',
    protocol: 'introspection',
    goal: 6,
    revocation: { sql: 'delete from stored where id = $1', value: (token) => token },
    difference:
      'authenticates its caller by a secret; has no permissions; counts no uses; stores tokens in plain text',
  },
  {
    name: 'oidc-provider, memory',
    script: 'bench/peers/oidc-provider.ts',
    settings: { ADAPTER: 'memory' },
    readyPath: '/.well-known/openid-configuration',
    protocol: 'introspection',
    difference: 'as above; one process only, whose end loses all data',
  },
  {
    name: 'home-made, a SELECT',
    script: 'bench/peers/home-made.ts',
    settings: {},
    protocol: 'verify',
    goal: 3,
    revocation: {
      sql: 'update key set revoked_at = now() where digest = $1',
      value: (token) => createHash('sha256').update(token).digest(),
    },
    difference: `${noCaller}; no hooks, no log, no metrics; counts no uses`,
  },
  {
    name: 'home-made, a map for 60 s',
    script: 'bench/peers/home-made.ts',
    settings: { TTL_SECONDS: '60' },
    protocol: 'verify',
    revocation: {
      sql: 'update key set revoked_at = now() where digest = $1',
      value: (token) => createHash('sha256').update(token).digest(),
    },
    difference: 'as above; the map grows without bound',
  },
]

/** The client that asks for introspection. */
export const introspector = { id: 'bench', secret: 'only-the-benchmark-uses-this-secret' }

/** Installs the peers' packages, by their own lockfile, unless they are there. */
export async function installPeers(): Promise<void> {
  const folder = join(import.meta.dirname, '../peers')
  const isThere = await access(join(folder, 'node_modules')).then(
    () => true,
    () => false,
  )
  if (isThere) return
  await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit'], { cwd: folder })
}
