import { sql } from 'kysely'
import type { Executor } from './database.ts'

export interface KnownPepper {
  readonly id: string
  /** Argon2id in PHC form. */
  readonly fingerprint: string
  /** Whether some credential that has not ended was made with it. */
  readonly inUse: boolean
}

export async function listPeppers(db: Executor): Promise<KnownPepper[]> {
  return db
    .selectFrom('pepper')
    .select([
      'id',
      'fingerprint',
      sql<boolean>`exists (
        select from credential
        where credential.pepper_id = pepper.id and credential.ended_at is null)`.as('inUse'),
    ])
    .orderBy('id')
    .execute()
}

/** Records the fingerprint of a new pepper; keeps the one that is there. */
export async function insertPepper(
  db: Executor,
  pepper: { readonly id: string; readonly fingerprint: string; readonly now: Date },
): Promise<void> {
  await db
    .insertInto('pepper')
    .values({ id: pepper.id, fingerprint: pepper.fingerprint, created_at: pepper.now })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
