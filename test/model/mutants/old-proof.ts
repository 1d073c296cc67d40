import type { Database } from '../database.ts'
import { type Protocol, shipped } from '../protocol.ts'
import { Reads } from '../reads.ts'

/** A server that has proved once that it commits need not do it again. */
class OldProof extends Reads {
  readonly #proved = new WeakSet<Database>()

  protected override prove<T>(
    statement: (db: Database) => T | undefined,
    done: (result: T | undefined) => void,
  ): void {
    const { pool, deadlineMs } = this.options
    const commit = (db: Database, result: T) => {
      if (db.commits()) this.#proved.add(db)
      return this.#proved.has(db) ? result : undefined
    }
    pool.ask({ deadlineMs, statement, commit, done })
  }
}

export const oldProof: Protocol = { ...shipped, reads: (options) => new OldProof(options) }
