import { Kysely, PostgresDialect } from 'kysely'
import { Client } from 'pg'
import type { Database } from '../../src/store/database.ts'
import type { Schema } from '../../src/store/schema.ts'

export interface StatementCommits {
  readonly db: Database
  end(): Promise<void>
}

/**
 * A database as YugabyteDB runs migrations: each statement that defines something commits by
 * itself, also within a transaction. After `count` of the statements of `script` the connection is
 * lost.
 */
export async function openWithStatementCommits(
  url: string,
  script: readonly string[],
  count = Number.POSITIVE_INFINITY,
): Promise<StatementCommits> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  let isLost = false
  let seen = 0
  async function query(text: string, values: readonly unknown[]) {
    // Kysely rolls back once the connection is lost: that must not hide the loss.
    if (isLost) return { command: 'SELECT' as const, rowCount: 0, rows: [] }
    const result = await client.query(text, [...values])
    if (definesSomething.test(text)) await client.query('commit; begin')
    if (script.includes(text)) seen += 1
    if (seen < count) return result
    isLost = true
    await client.end()
    throw new Error('The connection was lost.')
  }
  const connection = { query, release: () => undefined }
  const pool = { connect: async () => connection, end: () => client.end() }
  const dialect = new PostgresDialect({ pool: pool as never })
  const db = new Kysely<Schema>({ dialect })
  return { db, end: () => db.destroy() }
}

const definesSomething = /^(?:--[^\n]*\n|\s)*(?:create|alter|drop|do)\b/i
