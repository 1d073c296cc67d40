import { readByCommit } from '../store/committed-read.ts'
import type { CurrentHistory } from '../store/current-history.ts'
import type { Database, Executor } from '../store/database.ts'
import { OtherHistoryError } from '../store/faults.ts'

export interface CurrentReadsOptions {
  readonly db: Database
  readonly history: CurrentHistory
  readonly holdsLease: () => boolean
}

/**
 * Reads that a verdict or a receipt may rest on. While the lease holds, its last round has proved the
 * server lately, and what comes from the same history is at most M older than the question. Otherwise the
 * server proves in the same transaction that it still commits (committed-read.ts).
 */
export class CurrentReads {
  readonly #options: CurrentReadsOptions

  constructor(options: CurrentReadsOptions) {
    this.#options = options
  }

  /** `read` may be called twice. Rejects as the database does; a server that cannot prove itself is an outage. */
  async read<T>(read: (db: Executor) => Promise<T>): Promise<T> {
    const { db, history, holdsLease } = this.#options
    if (!holdsLease()) return readByCommit(db, read)
    const { version } = history
    try {
      const found = await read(db)
      if (holdsLease() && history.version === version) return found
    } catch (error) {
      if (!(error instanceof OtherHistoryError)) throw error
    }
    return readByCommit(db, read)
  }
}
