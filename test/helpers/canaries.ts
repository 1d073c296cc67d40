import { Client } from 'pg'
import { parseToken } from '../../src/domain/token/token.ts'

/**
 * Watches that no secret gets out: it is told of every secret that a test sees and of every text that
 * leaves the service where none may be (log lines, error bodies, metrics), and at the end looks for
 * each of the one in each of the other, and in all that the database holds.
 */
export class Canaries {
  readonly #secrets = new Set<string>()
  readonly #texts: string[] = []

  /** A token of either form: its secret part may be nowhere, nor may the whole. */
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
   * Rejects with the place of the first secret found; not with the secret. Without a database, looks
   * through the texts only.
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
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const tables = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'public'`,
    )
    const texts: string[] = []
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ text: string }>(
        `select row_to_json(x)::text as text from ${name} x`,
      )
      texts.push(...rows.map((row) => `${name}: ${row.text}`))
    }
    return texts
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
