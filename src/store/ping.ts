import { sql } from 'kysely'
import type { Executor } from './database.ts'

/** The cheapest statement that shows that the database answers, and has our tables. */
export async function ping(db: Executor): Promise<void> {
  await sql`select value from revision`.execute(db)
}
