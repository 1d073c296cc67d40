import { Pool } from '../pool.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** The pool looks at the history of a connection when it is made, and never again. */
class KeepsConnections extends Pool {
  protected override admits(): boolean {
    return true
  }
}

export const keepsConnections: Protocol = {
  ...shipped,
  pool: (options) => new KeepsConnections(options),
}
