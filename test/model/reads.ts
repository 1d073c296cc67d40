import type { CurrentHistory } from '../../src/store/current-history.ts'
import type { Database } from './database.ts'
import type { Pool } from './pool.ts'

export interface ReadsOptions {
  readonly pool: Pool
  readonly history: CurrentHistory
  readonly holdsLease: () => boolean
  readonly deadlineMs: number
}

type Statement<T> = (db: Database) => T | undefined
type Done<T> = (result: T | undefined) => void

/** The twin of CurrentReads: what verdicts and receipts rest on. */
export class Reads {
  protected readonly options: ReadsOptions

  constructor(options: ReadsOptions) {
    this.options = options
  }

  read<T>(statement: Statement<T>, done: Done<T>): void {
    const { history, holdsLease } = this.options
    if (!holdsLease()) {
      this.prove(statement, done)
      return
    }
    const { version } = history
    this.plain(statement, (result) => {
      const isCurrent = holdsLease() && history.version === version
      if (result === undefined || isCurrent) done(result)
      else this.prove(statement, done)
    })
  }

  protected plain<T>(statement: Statement<T>, done: Done<T>): void {
    const { pool, deadlineMs } = this.options
    pool.ask({ deadlineMs, statement, done })
  }

  /** The commit of the same transaction shows that the server still takes writes. */
  protected prove<T>(statement: Statement<T>, done: Done<T>): void {
    const { pool, deadlineMs } = this.options
    const commit = (db: Database, result: T) => (db.commits() ? result : undefined)
    pool.ask({ deadlineMs, statement, commit, done })
  }
}
