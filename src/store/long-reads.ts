import { sql } from 'kysely'
import { DatabaseError } from 'pg'
import { ServiceError } from '../errors.ts'
import type { Database, Executor, StoreTransaction } from './database.ts'
import { retryInCurrentHistory, retryWhileLosing } from './retry.ts'

export interface LongReadsOptions {
  /** Takes a connection out of those that serve long reads. */
  readonly db: Database
  readonly timeoutMs: number
}

/**
 * Reads whose cost grows with what an account has: lists, pages of the audit log, reports. Their
 * number is bounded, per account and in sum, by the connections of `db`. Each statement has a time
 * limit and one process of the server, without parallel workers, so that the number of reads bounds
 * the processors that they take from others. Both are set for the transaction only: a connection
 * pooler does not carry them to others.
 */
export class LongReads {
  readonly #options: LongReadsOptions

  constructor(options: LongReadsOptions) {
    this.#options = options
  }

  /**
   * Runs `read` in a read-only transaction, and again when a database that serializes transactions
   * ended it for another one. Throws ServiceError `overloaded` when no connection
   * comes free in time, and `unavailable` when a statement reaches the time limit.
   */
  async run<T>(read: (db: Executor) => Promise<T>): Promise<T> {
    const { db, timeoutMs } = this.#options
    try {
      return await retryInCurrentHistory(() =>
        retryWhileLosing(() =>
          db
            .transaction()
            .setAccessMode('read only')
            .execute(async (trx) => {
              await limitStatements(trx, timeoutMs)
              return read(trx)
            }),
        ),
      )
    } catch (error) {
      if (!isCanceled(error)) throw error
      throw new ServiceError(
        'unavailable',
        'The read reached DATABASE_LONG_READ_TIMEOUT_MS. Use a narrower filter or a smaller page.',
        [],
        error,
      )
    }
  }
}

async function limitStatements(trx: StoreTransaction, timeoutMs: number): Promise<void> {
  await sql`select set_config('statement_timeout', ${String(timeoutMs)}, true),
    set_config('max_parallel_workers_per_gather', '0', true)`.execute(trx)
}

/** SQLSTATE 57014, query_canceled: what the server says of a statement that took too long. */
function isCanceled(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '57014'
}
