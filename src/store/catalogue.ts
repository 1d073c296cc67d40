import { sql } from 'kysely'
import type { Catalogue } from '../domain/permission.ts'
import type { Executor, StoreTransaction } from './database.ts'

/** The catalogue that all instances judge by. Undefined before the first start. */
export async function findCatalogue(db: Executor): Promise<Catalogue | undefined> {
  const row = await db.selectFrom('permission_catalogue').select('entries').executeTakeFirst()
  return row?.entries
}

/**
 * The catalogue, locked for share until the transaction ends: rights derived from it are committed
 * before another catalogue is applied.
 */
export async function lockCatalogueShared(trx: StoreTransaction): Promise<Catalogue | undefined> {
  const row = await trx
    .selectFrom('permission_catalogue')
    .select('entries')
    .forShare()
    .executeTakeFirst()
  return row?.entries
}

/**
 * The catalogue, locked exclusively to be replaced: waits for those that share it. It must be the
 * first statement of its transaction, which then sees everything that was committed while it
 * waited.
 */
export async function lockCatalogue(trx: StoreTransaction): Promise<Catalogue | undefined> {
  // At repeatable read, the transaction would not see what was committed while it waited.
  await sql`set transaction isolation level read committed`.execute(trx)
  const row = await trx
    .selectFrom('permission_catalogue')
    .select('entries')
    .forUpdate()
    .executeTakeFirst()
  return row?.entries
}

/** Replaces the catalogue; the row stays locked until the transaction ends. */
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
