import type { Database } from '../database.ts'
import { type Protocol, shipped } from '../protocol.ts'
import { Reads } from '../reads.ts'

/** The commit that is to prove a read is made on whatever connection the pool lends. */
class ProofElsewhere extends Reads {
  protected override prove<T>(
    statement: (db: Database) => T | undefined,
    done: (result: T | undefined) => void,
  ): void {
    super.prove(
      () => true,
      (isProved) => {
        if (isProved === true) this.plain(statement, done)
        else done(undefined)
      },
    )
  }
}

export const proofElsewhere: Protocol = {
  ...shipped,
  reads: (options) => new ProofElsewhere(options),
}
