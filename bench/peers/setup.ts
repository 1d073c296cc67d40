import { writeFile } from 'node:fs/promises'
import { Pool } from 'pg'

const { DATABASE_URL = '', POOL_MAX = '', KEYS = '', TOKENS_FILE = '' } = process.env

/** How many keys a peer makes before it listens. */
export const keys = Number(KEYS)

/** A pool on the peer's own database, as large as the service's. */
export function openPool(): Pool {
  return new Pool({ connectionString: DATABASE_URL, max: Number(POOL_MAX) })
}

/**
 * Runs `act` on a pool that is closed afterwards, so that the server has counted all that it did.
 */
export async function withPool<T>(act: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = openPool()
  try {
    return await act(pool)
  } finally {
    await pool.end()
  }
}

/** Hands the tokens of the keys that were made to the benchmark, one a line. */
export async function handOver(tokens: readonly string[]): Promise<void> {
  await writeFile(TOKENS_FILE, tokens.join('\n'), { mode: 0o600 })
}
