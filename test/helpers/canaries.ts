import { Client } from 'pg'
import { parseToken } from '../../src/domain/token/token.ts'
import { DatabaseServers } from '../../src/store/servers/database-servers.ts'

/**
 * Checks that no secret leaks: collects every secret that a test sees and every text that leaves
 * the service and must hold none (log lines, error bodies, metrics). At the end it searches each
 * text, and all rows of the database, for each secret.
 */
export class Canaries {
  readonly #secrets = new Set<string>()
  readonly #texts: string[] = []

  /** Adds a token of either form: neither its secret part nor the whole may appear anywhere. */
  addToken(token: string): void {
    const parsed = parseToken(token)
    if (parsed !== undefined) return void this.#secrets.add(parsed.secret)
    this.#secrets.add(token)
    const inner = tokenInside(token)
    if (inner !== undefined) this.addToken(inner)
  }

  addSecret(secret: string): void {
    this.#secrets.add(secret)
  }

  addText(text: string): void {
    this.#texts.push(text)
  }

  /**
   * Rejects with the place of the first leaked secret, without the secret. Without a database,
   * searches the texts only.
   */
  async check(databaseUrl?: string): Promise<void> {
    const rows = databaseUrl === undefined ? [] : await dump(databaseUrl)
    const texts = [...this.#texts, ...rows]
    for (const text of texts) {
      for (const secret of this.#secrets) {
        if (!text.includes(secret)) continue
        throw new Error(`A secret got out: ${text.replaceAll(secret, '[SECRET]').slice(0, 500)}`)
      }
    }
  }
}

/** Every row of every table, as text. */
async function dump(databaseUrl: string): Promise<string[]> {
  const servers = new DatabaseServers({ connection: databaseUrl, connectTimeoutMs: 60_000 })
  const client = await servers.connect(async () => {
    const one = new Client(servers.options)
    await one.connect()
    return one
  })
  try {
    const tables = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'public'`,
    )
    const parts = tables.rows.map(
      ({ name }) => `select '${name}: ' || row_to_json(x)::text as text from ${name} x`,
    )
    if (parts.length === 0) return []
    const { rows } = await client.query<{ text: string }>(parts.join(' union all '))
    return rows.map(({ text }) => text)
  } finally {
    await client.end()
  }
}

/** The native token inside a JWT. */
function tokenInside(jwt: string): string | undefined {
  const [, payload = ''] = jwt.split('.')
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString()).tok
  } catch {
    return undefined
  }
}
