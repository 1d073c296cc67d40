import { sql } from 'kysely'
import type { Executor } from './database.ts'

/** The least that a database can answer. */
export async function ping(db: Executor): Promise<void> {
  await sql`select 1`.execute(db)
}
