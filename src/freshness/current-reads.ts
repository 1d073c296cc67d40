import { readByCommit } from '../store/committed-read.ts'
import type { Database, Executor } from '../store/database.ts'
import { OtherHistoryError } from '../store/faults.ts'
import { retryInCurrentHistory, retryWhileLosing } from '../store/retry.ts'
import { ReadBasis, type ReadBasisOptions } from './read-basis.ts'

export interface CurrentReadsOptions extends ReadBasisOptions {
  readonly db: Database
}

/**
 * Reads that a verdict or a receipt may rest on. A plain read counts if the lease holds before and
 * after it and no other history was met meanwhile; any other is proved by a commit (ReadBasis).
 */
export class CurrentReads {
  readonly #options: CurrentReadsOptions

  constructor(options: CurrentReadsOptions) {
    this.#options = options
  }

  /**
   * `read` may be called more than once. Rejects as the database does; a server without a proof is
   * an outage. `isWhole` says whether something was found: what a plain read lacks is read again
   * with a proof.
   */
  async read<T>(
    read: (db: Executor) => Promise<T>,
    isWhole: (found: T) => boolean = () => true,
  ): Promise<T> {
    const { db } = this.#options
    const basis = new ReadBasis(this.#options)
    const prove = () => retryInCurrentHistory(() => readByCommit(db, read))
    if (basis.needsProof()) return prove()
    try {
      const found = await retryWhileLosing(() => read(db))
      if (basis.countsPlain() && isWhole(found)) return found
    } catch (error) {
      if (!(error instanceof OtherHistoryError)) throw error
    }
    return prove()
  }
}
