/**
 * What a team writes itself: random tokens, their SHA-256 in a table, and a SELECT a request. With
 * TTL_SECONDS, the row is remembered for so long in a map.
 */
import { hash, randomBytes } from 'node:crypto'
import { type Answer, serveVerify } from './answer.ts'
import { handOver, keys, openPool, withPool } from './setup.ts'

interface Row {
  readonly id: string
  readonly name: string
  readonly permissions: readonly string[]
  readonly expires_at: Date | null
  readonly revoked_at: Date | null
}

const ttlMs = Number(process.env.TTL_SECONDS ?? 0) * 1000
const permissions = ['cluster:create', 'cluster:read', 'cluster:update', 'cluster:delete']

const tokens = Array.from({ length: keys }, () => `sk_${randomBytes(32).toString('base64url')}`)
await withPool(async (pool) => {
  await pool.query(`
    create table key (
      digest bytea primary key,
      id uuid not null unique default gen_random_uuid(),
      name text not null,
      permissions text[] not null,
      expires_at timestamptz,
      revoked_at timestamptz
    )`)
  await pool.query(
    `insert into key (digest, name, permissions)
     select digest, 'key ' || number, $2 from unnest($1::bytea[]) with ordinality as t (digest, number)`,
    [tokens.map((token) => hash('sha256', token, 'buffer')), permissions],
  )
  await pool.query('vacuum (analyze) key')
})
await handOver(tokens)

const pool = openPool()
await serveVerify(async (token) => judge(await (ttlMs > 0 ? recall(token) : select(token))))

async function select(token: string): Promise<Row | undefined> {
  const { rows } = await pool.query<Row>({
    name: 'by digest',
    text: 'select id, name, permissions, expires_at, revoked_at from key where digest = $1',
    values: [hash('sha256', token, 'buffer')],
  })
  return rows[0]
}

const remembered = new Map<string, { readonly row: Row | undefined; readonly until: number }>()

async function recall(token: string): Promise<Row | undefined> {
  const digest = hash('sha256', token, 'base64url')
  const known = remembered.get(digest)
  if (known !== undefined && known.until > Date.now()) return known.row
  const row = await select(token)
  remembered.set(digest, { row, until: Date.now() + ttlMs })
  return row
}

function judge(row: Row | undefined): Answer {
  if (row === undefined || row.revoked_at !== null) return { valid: false }
  if (row.expires_at !== null && row.expires_at.getTime() <= Date.now()) return { valid: false }
  const { id, name, expires_at: expiresAt, permissions } = row
  return {
    valid: true,
    api_key: { id, name, expires_at: expiresAt?.toISOString() ?? null },
    permissions,
  }
}
