import { sql } from 'kysely'
import type { Executor } from './database.ts'
import { databaseClock } from './database-clock.ts'

export interface KnownPepper {
  readonly id: string
  /** Argon2id in PHC form. */
  readonly fingerprint: string
  /** Whether a credential that may still become valid was hashed with it. */
  readonly inUse: boolean
}

/** Every registered pepper, and whether a token that may still be accepted needs it. */
export async function listPeppers(db: Executor): Promise<KnownPepper[]> {
  return db
    .selectFrom('pepper')
    .select([
      'id',
      'fingerprint',
      sql<boolean>`exists (
        select from credential join api_key on api_key.id = credential.api_key_id
        where credential.pepper_id = pepper.id and credential.ended_at is null
          and (credential.ends_at is null or credential.ends_at > ${databaseClock})
          and api_key.revoked_at is null
          and (api_key.expires_at is null or api_key.expires_at > ${databaseClock}))`.as('inUse'),
    ])
    .orderBy('id')
    .execute()
}

/** Inserts the fingerprint of a new pepper; keeps an existing one. */
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
