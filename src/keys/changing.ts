import type { Change } from '../cache/change.ts'
import type { Deps } from '../deps.ts'
import type { StoreTransaction } from '../store/database.ts'
import { inTransaction } from '../store/transaction.ts'

/** Names a change that the transaction makes to what keys may do. */
export type Announce = (change: Change) => void

/**
 * A transaction that alters what keys may do. What it announces overtakes the cache before the caller
 * learns of the outcome, and also when the outcome is an error: at a lost connection the commit may
 * have happened all the same, and dropping too much is harmless.
 */
export async function inChangingTransaction<T>(
  deps: Deps,
  act: (trx: StoreTransaction, announce: Announce) => Promise<T>,
): Promise<T> {
  const changes: Change[] = []
  try {
    return await inTransaction(deps.db, (trx) => act(trx, (change) => void changes.push(change)))
  } finally {
    deps.cache.apply(changes)
  }
}
