import { sql } from 'kysely'
import type { StoreTransaction } from './database.ts'

/**
 * How an act locks accounts, before any other lock:
 * - `shared` (FOR KEY SHARE): acts with this lock run side by side;
 * - `rename` (FOR NO KEY UPDATE): one at a time; acts with the shared lock do not wait, since
 *   nothing refers to the name of an account;
 * - `exclusive` (FOR UPDATE): waits for every other act in the account, and keeps others away;
 *   without an id, in every account that exists.
 */
export type AccountLock =
  | { readonly mode: 'shared' | 'rename'; readonly accountId: string }
  | { readonly mode: 'exclusive'; readonly accountId: string | undefined }

/** Takes the lock until the transaction ends. An account that does not exist is not locked. */
export async function lockAccounts(trx: StoreTransaction, lock: AccountLock): Promise<void> {
  switch (lock.mode) {
    case 'shared':
      await selectOne(trx, lock.accountId).forKeyShare().execute()
      return
    case 'rename':
      await selectOne(trx, lock.accountId).forNoKeyUpdate().execute()
      return
    case 'exclusive':
      await lockExclusively(trx, lock.accountId)
  }
}

function selectOne(trx: StoreTransaction, id: string) {
  return trx.selectFrom('account').select('id').where('id', '=', id)
}

/**
 * Must come first in its transaction, which then sees everything that was committed while it
 * waited. For an act that is judged by all keys of a kind, which concurrent acts may be adding to,
 * or that changes what concurrent acts are judged by.
 */
async function lockExclusively(trx: StoreTransaction, id: string | undefined): Promise<void> {
  // At repeatable read, the transaction would not see what was committed while it waited.
  await sql`set transaction isolation level read committed`.execute(trx)
  let query = trx.selectFrom('account').select('id').orderBy('id').forUpdate()
  if (id !== undefined) query = query.where('id', '=', id)
  await query.execute()
}
