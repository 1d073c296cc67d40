import { readByCommit } from '../store/committed-read.ts'
import type { Database, Executor } from '../store/database.ts'
import { OtherHistoryError } from '../store/faults.ts'
import { retryInCurrentHistory, retryWhileLosing } from '../store/retry.ts'
import { ReadRule, type ReadRuleOptions } from './read-rule.ts'

export interface CurrentReadsOptions extends ReadRuleOptions {
  readonly db: Database
}

/**
 * Reads that a verdict or a receipt may rest on. A plain read counts if the lease holds before and
 * after it and no other history was met meanwhile; any other is proved by a commit (ReadRule).
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
    const rule = new ReadRule(this.#options)
    const prove = () => retryInCurrentHistory(() => readByCommit(db, read))
    if (rule.needsProof()) return prove()
    try {
      const found = await retryWhileLosing(() => read(db))
      if (rule.countsPlain() && isWhole(found)) return found
    } catch (error) {
      if (!(error instanceof OtherHistoryError)) throw error
    }
    return prove()
  }
}
