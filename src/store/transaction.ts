import { setTimeout as sleep } from 'node:timers/promises'
import type { Database, StoreTransaction } from './database.ts'
import { isRetryable } from './faults.ts'

const maxAttempts = 8

/**
 * Runs `act` in one transaction, and again from the start when the transaction lost against another
 * one (40001, 40P01): both say that nothing was committed. Any other error is the caller's. `act`
 * must therefore keep its effects in the transaction.
 */
export async function inTransaction<T>(
  db: Database,
  act: (trx: StoreTransaction) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(act)
    } catch (error) {
      if (!isRetryable(error) || attempt === maxAttempts) throw error
      await sleep(attempt * 5)
    }
  }
}
