/**
 * The API keys of better-auth, as its documentation has them: `auth.api.verifyApiKey` behind a
 * route. Its rate limit, on by default, is off. STORAGE is `database`, its default, or
 * `secondary-storage`, for which a map of this process stands in the place of Redis: no server
 * could answer sooner.
 */
import { apiKey } from '@better-auth/api-key'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import type { Pool } from 'pg'
import { serveVerify } from './answer.ts'
import { handOver, keys, openPool, withPool } from './setup.ts'

const storage = process.env.STORAGE === 'secondary-storage' ? 'secondary-storage' : 'database'
/** In secondary storage it rewrites the list of the owner's keys at each verification. */
const keysPerOwner = 10
const issuedAtOnce = 8

const secondary = new Map<string, string>()
const secondaryStorage = {
  get: async (key: string) => secondary.get(key) ?? null,
  set: async (key: string, value: string) => void secondary.set(key, value),
  delete: async (key: string) => void secondary.delete(key),
  getAndDelete: async (key: string) => {
    const value = secondary.get(key) ?? null
    secondary.delete(key)
    return value
  },
  increment: async (key: string) => {
    const value = Number(secondary.get(key) ?? 0) + 1
    secondary.set(key, String(value))
    return value
  },
}

function optionsOn(database: Pool) {
  return {
    database,
    baseURL: 'http://127.0.0.1',
    secret: 'only the benchmark uses this secret',
    // It logs each refusal as an error.
    logger: { disabled: true },
    telemetry: { enabled: false },
    ...(storage === 'secondary-storage' && { secondaryStorage }),
    plugins: [apiKey({ rateLimit: { enabled: false }, storage })],
  }
}

await handOver(
  await withPool(async (pool) => {
    const options = optionsOn(pool)
    await (await getMigrations(options)).runMigrations()
    const owners = await makeOwners(pool)
    const tokens = await issue(betterAuth(options), owners)
    await pool.query('vacuum (analyze)')
    return tokens
  }),
)

const auth = betterAuth(optionsOn(openPool()))
await serveVerify(async (token) => {
  const { valid, key } = await auth.api.verifyApiKey({ body: { key: token } })
  if (!valid || key === null) return { valid: false }
  return {
    valid,
    api_key: {
      id: key.id,
      name: key.name,
      expires_at: key.expiresAt === null ? null : new Date(key.expiresAt).toISOString(),
    },
    permissions: Object.keys(key.permissions ?? {}),
  }
})

async function makeOwners(pool: Pool): Promise<string[]> {
  const ids = Array.from({ length: Math.ceil(keys / keysPerOwner) }, (_, index) => `owner${index}`)
  await pool.query(
    `insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
     select id, id, id || '@example.com', true, now(), now() from unnest($1::text[]) as id`,
    [ids],
  )
  return ids
}

/** The keys of one owner one after the other: it reads and writes their list. */
async function issue(
  auth: ReturnType<typeof betterAuth<ReturnType<typeof optionsOn>>>,
  owners: readonly string[],
): Promise<string[]> {
  const tokens: string[] = []
  const waiting = owners.values()
  const work = async () => {
    for (const userId of waiting) {
      for (let index = 0; index < keysPerOwner && tokens.length < keys; index += 1) {
        const { key } = await auth.api.createApiKey({ body: { userId, name: 'bench' } })
        tokens.push(key)
      }
    }
  }
  await Promise.all(Array.from({ length: issuedAtOnce }, work))
  return tokens
}
