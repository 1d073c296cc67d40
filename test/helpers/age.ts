import { Client } from 'pg'

/**
 * Lets time pass for a database, whose clock no test can move: every stored time moves `ms` into
 * the past; negative: into the future.
 */
export async function age(url: string, ms: number): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(
      `begin; ${statements.map((text) => text.replaceAll('$1', String(ms))).join('; ')}; commit`,
    )
  } finally {
    await client.end()
  }
}

const earlier = (column: string) => `${column} = ${column} - $1 * interval '1 millisecond'`

const statements = [
  `update api_key set ${earlier('created_at')}, ${earlier('expires_at')}`,
  `update idempotent_request set ${earlier('created_at')}`,
  `update tag_key set ${earlier('stopped_at')} where stopped_at is not null`,
  `update sweep set ${earlier('swept_to')} where name <> 'audit_heads'`,
]
