import type { Catalogue } from '../domain/permission.ts'
import type { Executor, StoreTransaction } from './database.ts'

/** The catalogue by which all instances judge. Undefined before the first start. */
export async function findCatalogue(db: Executor): Promise<Catalogue | undefined> {
  const row = await db.selectFrom('permission_catalogue').select('entries').executeTakeFirst()
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
