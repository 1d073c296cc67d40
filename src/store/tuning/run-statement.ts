import type { PostgresQueryResult } from 'kysely'
import { type ClientBase, Query } from 'pg'

/** A statement as `pg` takes it; with a name it is prepared, once on each connection. */
export interface Statement {
  readonly name?: string
  readonly text: string
  readonly values: readonly unknown[]
}

/** A statement got no answer in time, not even the server's own timeout error. */
export class ReadTimeoutError extends Error {
  override readonly name = 'ReadTimeoutError'

  constructor() {
    super('The database did not respond in time.')
  }
}

/**
 * Runs a statement on a connection. Rejects with ReadTimeoutError when there is no answer within
 * `withinMs` milliseconds: the connection is then unusable.
 *
 * `pg` can do both by itself, with promises and `query_timeout`, but then the whole answer of each
 * statement outlives V8's young generation: 4.8 KB of 30 columns, and a first verification left
 * four times as much behind as the cache keeps of a key.
 */
export function runStatement<R>(
  client: ClientBase,
  { name, text, values }: Statement,
  withinMs: number,
): Promise<PostgresQueryResult<R>> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new ReadTimeoutError()), withinMs)
    const statement = { ...(name !== undefined && { name }), text, values: [...values] }
    const query = new Query(statement, (error, result) => {
      clearTimeout(late)
      if (error) reject(error)
      else resolve(result as PostgresQueryResult<R>)
    })
    client.query(query)
  })
}
