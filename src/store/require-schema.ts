import { CompiledQuery } from 'kysely'
import type { Database } from './database.ts'
import { UnfitDatabaseError } from './faults.ts'
import { explainUnmet, type UnmetRow, unmetOf, unmetParameters, unmetQuery } from './relied-on.ts'

/**
 * Throws an Error that names the remedy when a migrated database lacks a constraint, a unique index
 * or a trigger that the service relies on.
 */
export async function requireSchema(db: Database): Promise<void> {
  const query = CompiledQuery.raw(unmetQuery, [...unmetParameters]) as CompiledQuery<UnmetRow>
  const unmet = unmetOf((await db.executeQuery(query)).rows)
  if (unmet.length > 0) throw new UnfitDatabaseError(explainUnmet(unmet))
}
