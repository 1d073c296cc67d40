import type { Database, StoreTransaction } from './database.ts'
import { isRetryable, isUnavailable, OutcomeUnknownError } from './faults.ts'
import { retryInCurrentHistory, retryWhileLosing } from './retry.ts'

/**
 * Runs `act` in one transaction, and again from the start when nothing was committed because the
 * transaction lost against another one (40001, 40P01), or because its server turned out to be a
 * deposed primary before COMMIT was sent. `act` must therefore keep its effects in the transaction.
 * A connection that is lost at COMMIT, or a server that does not know the outcome (40003), throws
 * OutcomeUnknownError: the transaction may be committed. Any other error means that nothing was
 * committed.
 */
export async function inTransaction<T>(
  db: Database,
  act: (trx: StoreTransaction) => Promise<T>,
): Promise<T> {
  const once = async () => {
    let isCommitting = false
    try {
      return await db.transaction().execute(async (trx) => {
        const result = await act(trx)
        isCommitting = true
        return result
      })
    } catch (error) {
      if (isCommitting && !isRetryable(error) && isUnavailable(error)) {
        throw new OutcomeUnknownError(error)
      }
      throw error
    }
  }
  return retryInCurrentHistory(() => retryWhileLosing(once))
}
