import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import type { CurrentHistory, Origin } from './current-history.ts'
import { OtherHistoryError, whileConnecting } from './faults.ts'
import { isPlanLost, planNameOf } from './tuning/prepared-statements.ts'
import { ReadTimeoutError, runStatement, type Statement } from './tuning/run-statement.ts'

export interface DeafConnectionsOptions {
  /** How long a connection may take for an answer. */
  readonly answerWithinMs: number
  /** How long to wait for one that is to a server of the right history. */
  readonly connectWithinMs: number
  readonly history: CurrentHistory
  readonly originOf: (client: PoolClient) => Origin | undefined
}

/** A refused connection is followed by another one as soon as the history changes, and after a pause at the latest. */
const shortestPauseMs = 50
const longestPauseMs = 1_000

interface Made {
  /** The epoch that it was made in. */
  readonly in: number
  readonly origin: Origin
  readonly lent: PostgresPoolClient
  /** Whether it was admitted before. */
  hasServed: boolean
}

/**
 * A pool as Kysely wants it that never lends a connection again whose server did not answer in time.
 * `pg` keeps such a connection, and its next query would wait behind the one that is never answered:
 * after a lost route or a failover every request would be 503 for as long as the process runs.
 *
 * One that is deaf has probably lost the same route as all that were made before it, so those are
 * replaced too, each when it is asked for.
 *
 * Nor does it lend one whose server has another history than the instance follows, and what such a
 * server answers to a statement under way counts for nothing: a deposed primary answers reads for ever.
 *
 * Plans are kept (kept-plans.ts) until one is lost, as behind a pooler that does not follow them.
 */
export function withoutUnresponsiveConnections(
  pool: Pool,
  { answerWithinMs, connectWithinMs, history, originOf }: DeafConnectionsOptions,
): PostgresPool {
  /** What stands for each connection: always the same, since Kysely keeps what it knows of it. */
  const made = new WeakMap<PoolClient, Made>()
  let epoch = 0
  let keepsPlans = true
  pool.on('connect', (client) => {
    const origin = originOf(client) ?? { generation: history.generation, history: null }
    made.set(client, {
      in: epoch,
      origin,
      lent: lend(client, epoch, origin),
      hasServed: false,
    })
    // While a connection is lent the pool does not listen to it, and an error that nobody listens to
    // ends the process. Whoever waits for a query is told of it anyway.
    client.on('error', () => undefined)
  })

  function lend(client: PoolClient, madeIn: number, origin: Origin): PostgresPoolClient {
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
      requireHistory()
      try {
        const result = await ask<R>(text, parameters)
        requireHistory()
        return result
      } catch (error) {
        if (error instanceof ReadTimeoutError) {
          deafness = error
          if (madeIn === epoch) epoch += 1
        }
        throw error
      }
    }
    function requireHistory(): void {
      if (!history.admits(origin)) throw new OtherHistoryError()
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
      release: (destroy) => {
        const isUseless = deafness !== undefined || !history.admits(origin)
        client.release(destroy === true || isUseless)
      },
    }
  }

  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const endsAt = performance.now() + connectWithinMs
      for (let pauseMs = shortestPauseMs; ; ) {
        const client = await pool.connect().catch((error: unknown) => {
          throw whileConnecting(error)
        })
        const known = made.get(client)
        if (known?.in === epoch && history.admits(known.origin)) {
          known.hasServed = true
          return known.lent
        }
        client.release(true)
        if (known === undefined || known.hasServed || known.in !== epoch) continue
        // Either the server is a deposed primary, or the rounds have not met the promoted one yet.
        history.refuse(known.origin.history)
        const leftMs = endsAt - performance.now()
        if (leftMs <= 0) throw new OtherHistoryError()
        await history.changed(Math.min(leftMs, pauseMs))
        pauseMs = Math.min(pauseMs * 2, longestPauseMs)
      }
    },
  }
}
