import type { Database } from '../database.ts'
import { type Protocol, shipped } from '../protocol.ts'
import { Reads } from '../reads.ts'

/** A read without a lease is believed as it comes. */
class UnprovedReads extends Reads {
  protected override prove<T>(
    statement: (db: Database) => T | undefined,
    done: (result: T | undefined) => void,
  ): void {
    this.plain(statement, done)
  }
}

export const unprovedReads: Protocol = {
  ...shipped,
  reads: (options) => new UnprovedReads(options),
}
