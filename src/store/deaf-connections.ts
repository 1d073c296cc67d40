import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { isReadTimeout } from './faults.ts'

/**
 * A pool as Kysely wants it that never lends a connection again whose server did not answer in time.
 * `pg` keeps such a connection, and its next query would wait behind the one that is never answered:
 * after a lost route or a failover every request would be 503 for as long as the process runs.
 *
 * One that is deaf has probably lost the same route as all that were made before it, so those are
 * replaced too, each when it is asked for.
 */
export function withoutDeafConnections(pool: Pool): PostgresPool {
  const madeIn = new WeakMap<PoolClient, number>()
  let epoch = 0
  pool.on('connect', (client) => {
    madeIn.set(client, epoch)
    // While a connection is lent the pool does not listen to it, and an error that nobody listens to
    // ends the process. Whoever waits for a query is told of it anyway.
    client.on('error', () => undefined)
  })

  function lend(client: PoolClient): PostgresPoolClient {
    const asked: PostgresPoolClient = client
    let deafness: Error | undefined
    function query<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>
    function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>
    function query<R>(
      statement: string | PostgresCursor<R>,
      parameters: readonly unknown[] = [],
    ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
      if (typeof statement === 'string') return answer(statement, parameters)
      throw new TypeError('A cursor is for streams, and store/ has none.')
    }
    async function answer<R>(
      text: string,
      parameters: readonly unknown[],
    ): Promise<PostgresQueryResult<R>> {
      if (deafness !== undefined) throw deafness
      try {
        return await asked.query<R>(text, parameters)
      } catch (error) {
        if (isReadTimeout(error)) {
          deafness = error
          if (madeIn.get(client) === epoch) epoch += 1
        }
        throw error
      }
    }
    return {
      query,
      release: (destroy) => client.release(destroy === true || deafness !== undefined),
    }
  }

  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      for (;;) {
        const client = await pool.connect()
        if (madeIn.get(client) === epoch) return lend(client)
        client.release(true)
      }
    },
  }
}
