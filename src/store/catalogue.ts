import { sql } from 'kysely'
import type { Catalogue } from '../domain/permission.ts'
import type { Executor, StoreTransaction } from './database.ts'

/** The catalogue by which all instances judge. Undefined before the first start. */
export async function findCatalogue(db: Executor): Promise<Catalogue | undefined> {
  const row = await db.selectFrom('permission_catalogue').select('entries').executeTakeFirst()
  return row?.entries
}

/** The same, held until the transaction ends: what is worked out by it is committed before another one is applied. */
export async function lockCatalogueShared(trx: StoreTransaction): Promise<Catalogue | undefined> {
  const row = await trx
    .selectFrom('permission_catalogue')
    .select('entries')
    .forShare()
    .executeTakeFirst()
  return row?.entries
}

/**
 * The same, for it to be replaced: waits for those who hold it. To be called first in its transaction,
 * which from then on sees what they committed.
 */
export async function lockCatalogue(trx: StoreTransaction): Promise<Catalogue | undefined> {
  // At repeatable read what was committed while this waited would stay unseen.
  await sql`set transaction isolation level read committed`.execute(trx)
  const row = await trx
    .selectFrom('permission_catalogue')
    .select('entries')
    .forUpdate()
    .executeTakeFirst()
  return row?.entries
}

/** Stores the catalogue in the place of the one before; the row is locked until the transaction ends. */
export async function putCatalogue(
  trx: StoreTransaction,
  catalogue: Catalogue,
  now: Date,
): Promise<void> {
  const entries = JSON.stringify(catalogue)
  await trx
    .insertInto('permission_catalogue')
    .values({ entries, updated_at: now })
    .onConflict((conflict) =>
      conflict.column('singleton').doUpdateSet({ entries, updated_at: now }),
    )
    .execute()
}
