import { sql } from 'kysely'
import type { Executor } from './database.ts'

/** The cheapest statement that shows that the database answers. */
export async function ping(db: Executor): Promise<void> {
  await sql`select 1`.execute(db)
}
