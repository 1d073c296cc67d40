import { proveServer } from './committed-read.ts'
import type { Database, StoreTransaction } from './database.ts'
import { isRetryable, isUnavailable, OutcomeUnknownError } from './faults.ts'
import { retryInCurrentHistory, retryWhileLosing } from './retry.ts'

/**
 * Runs `act` in one transaction, and again from the start when nothing was committed because the
 * transaction lost against another one (40001, 40P01), or because its server turned out to be a
 * deposed primary before COMMIT was sent. `act` must therefore keep its effects in the transaction.
 * A connection that is lost at COMMIT, or a server that does not know the outcome (40003), throws
 * OutcomeUnknownError: the transaction may be committed. Any other error means that nothing was
 * committed; what `act` refuses is thrown once a commit on the same connection has shown that the
 * server was no deposed primary, which may lack what the act was to find.
 */
export async function inTransaction<T>(
  db: Database,
  act: (trx: StoreTransaction) => Promise<T>,
): Promise<T> {
  const once = () => db.connection().execute((connection) => runOnce(connection, act))
  return retryInCurrentHistory(() => retryWhileLosing(once))
}

async function runOnce<T>(
  connection: Database,
  act: (trx: StoreTransaction) => Promise<T>,
): Promise<T> {
  let isCommitting = false
  try {
    return await connection.transaction().execute(async (trx) => {
      const result = await act(trx)
      isCommitting = true
      return result
    })
  } catch (error) {
    if (isRetryable(error)) throw error
    if (!isUnavailable(error)) await proveServer(connection)
    else if (isCommitting) throw new OutcomeUnknownError(error)
    throw error
  }
}
