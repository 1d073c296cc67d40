import type { ReadRule, ReadRuleOptions } from '../../src/freshness/read-rule.ts'
import type { Database } from './database.ts'
import type { Pool } from './pool.ts'

export interface ReadsOptions extends ReadRuleOptions {
  readonly pool: Pool
  readonly deadlineMs: number
  /** The rule that ships, or a mutant of it. */
  readonly rule: (options: ReadRuleOptions) => ReadRule
}

export type Statement<T> = (db: Database) => T | undefined
export type Done<T> = (result: T | undefined) => void

/**
 * The reads that verdicts and receipts rest on: executes what ReadRule decides, as CurrentReads
 * does.
 */
export class Reads {
  protected readonly options: ReadsOptions

  constructor(options: ReadsOptions) {
    this.options = options
  }

  read<T>(statement: Statement<T>, done: Done<T>): void {
    const rule = this.options.rule(this.options)
    if (rule.needsProof()) {
      this.prove(statement, done)
      return
    }
    this.plain(statement, (result) => {
      if (result === undefined || rule.countsPlain()) done(result)
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
