import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { whileConnecting } from './faults.ts'
import { isPlanLost, planNameOf } from './kept-plans.ts'
import { ReadTimeoutError, runStatement, type Statement } from './run-statement.ts'

interface Made {
  /** The epoch that it was made in. */
  readonly in: number
  readonly lent: PostgresPoolClient
}

/**
 * A pool as Kysely wants it that never lends a connection again whose server did not answer in time.
 * `pg` keeps such a connection, and its next query would wait behind the one that is never answered:
 * after a lost route or a failover every request would be 503 for as long as the process runs.
 *
 * One that is deaf has probably lost the same route as all that were made before it, so those are
 * replaced too, each when it is asked for.
 *
 * Plans are kept (kept-plans.ts) until one is lost, as behind a pooler that does not follow them.
 *
 * `answerWithinMs` is how long a connection may take for an answer.
 */
export function withoutDeafConnections(pool: Pool, answerWithinMs: number): PostgresPool {
  /** What stands for each connection: always the same, since Kysely keeps what it knows of it. */
  const made = new WeakMap<PoolClient, Made>()
  let epoch = 0
  let keepsPlans = true
  pool.on('connect', (client) => {
    made.set(client, { in: epoch, lent: lend(client, epoch) })
    // While a connection is lent the pool does not listen to it, and an error that nobody listens to
    // ends the process. Whoever waits for a query is told of it anyway.
    client.on('error', () => undefined)
  })

  function lend(client: PoolClient, madeIn: number): PostgresPoolClient {
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
        return await ask<R>(text, parameters)
      } catch (error) {
        if (error instanceof ReadTimeoutError) {
          deafness = error
          if (madeIn === epoch) epoch += 1
        }
        throw error
      }
    }
    async function ask<R>(
      text: string,
      values: readonly unknown[],
    ): Promise<PostgresQueryResult<R>> {
      const name = keepsPlans ? planNameOf(text) : undefined
      if (name === undefined) return run<R>({ text, values })
      try {
        // `pg` sends the text once a connection, and only the name from then on.
        return await run<R>({ name, text, values })
      } catch (error) {
        if (!isPlanLost(error)) throw error
        keepsPlans = false
        return run<R>({ text, values })
      }
    }
    function run<R>(statement: Statement): Promise<PostgresQueryResult<R>> {
      return runStatement(client, statement, answerWithinMs)
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
        const client = await pool.connect().catch((error: unknown) => {
          throw whileConnecting(error)
        })
        const known = made.get(client)
        if (known?.in === epoch) return known.lent
        client.release(true)
      }
    },
  }
}
