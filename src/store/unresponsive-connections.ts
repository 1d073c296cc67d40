import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import type { CurrentHistory, Origin } from './current-history.ts'
import { ConnectionError, OtherHistoryError, whileConnecting, whileUsing } from './faults.ts'
import type { DatabaseServers } from './servers/database-servers.ts'
import { isPreparedStatementLost, preparedNameOf } from './tuning/prepared-statements.ts'
import { ReadTimeoutError, runStatement, type Statement } from './tuning/run-statement.ts'

export interface UnresponsiveConnectionsOptions {
  /** How long a connection may take to answer, in milliseconds. */
  readonly answerWithinMs: number
  /** How long to wait for a connection to a server of the right history, in milliseconds. */
  readonly connectWithinMs: number
  readonly servers: DatabaseServers
  readonly history: CurrentHistory
  readonly originOf: (client: PoolClient) => Origin | undefined
}

/**
 * A refused connection is retried as soon as the history changes, and after a pause at the latest.
 */
const shortestPauseMs = 50
const longestPauseMs = 1_000

interface Pooled {
  /** Connections made since the last read timeout are one cohort, and are replaced together. */
  readonly cohort: number
  readonly origin: Origin
  readonly lent: PostgresPoolClient
  /** Whether it was admitted before. */
  hasServed: boolean
}

/**
 * A pool for Kysely that never lends a connection again whose server did not answer in time. `pg`
 * would keep such a connection, and its next query would wait behind the one that is never
 * answered: after a lost route or a failover every request would be 503 for as long as the process
 * runs.
 *
 * An unresponsive connection has probably lost the same route as all connections made before it, so
 * that those are replaced too, each when it is asked for.
 *
 * The pool never lends a connection whose server has another history than the instance follows, and
 * discards what such a server answers to a statement under way: a deposed primary answers reads for
 * ever.
 *
 * Statements are prepared (tuning/prepared-statements.ts) until one is lost, as behind a pooler
 * that does not support them.
 */
export function withoutUnresponsiveConnections(
  pool: Pool,
  { answerWithinMs, connectWithinMs, servers, history, originOf }: UnresponsiveConnectionsOptions,
): PostgresPool {
  /**
   * The wrapper of each connection: always the same object, since Kysely keeps what it knows of a
   * connection by it.
   */
  const pooled = new WeakMap<PoolClient, Pooled>()
  let cohort = 0
  let preparesStatements = true
  const waiting = new Map<PoolClient, Origin>()
  // What a deposed primary would answer is discarded, and its commits hang: nobody waits for it.
  history.onChange(() => {
    for (const [client, origin] of waiting) {
      // Closes the socket at once while a statement is under way, which then fails.
      if (!history.admits(origin)) client.end().catch(() => undefined)
    }
  })
  pool.on('connect', (client) => {
    const origin = originOf(client) ?? { historyNumber: history.historyNumber, history: null }
    pooled.set(client, {
      cohort,
      origin,
      lent: lend(client, cohort, origin),
      hasServed: false,
    })
    // While a connection is lent the pool has no error listener, and an `error` event without a
    // listener ends the process. The pending query rejects with the same error.
    client.on('error', () => undefined)
  })

  function lend(client: PoolClient, ownCohort: number, origin: Origin): PostgresPoolClient {
    let timeout: Error | undefined
    function query<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>
    function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>
    function query<R>(
      statement: string | PostgresCursor<R>,
      parameters: readonly unknown[] = [],
    ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
      if (typeof statement === 'string') return answer(statement, parameters)
      throw new TypeError('Cursors are not supported.')
    }
    async function answer<R>(
      text: string,
      parameters: readonly unknown[],
    ): Promise<PostgresQueryResult<R>> {
      if (timeout !== undefined) throw timeout
      requireHistory()
      try {
        waiting.set(client, origin)
        const result = await ask<R>(text, parameters)
        requireHistory()
        return result
      } catch (error) {
        requireHistory()
        if (error instanceof ReadTimeoutError) {
          timeout = error
          if (ownCohort === cohort) {
            cohort += 1
            servers.distrust()
          }
        }
        throw whileUsing(error)
      } finally {
        waiting.delete(client)
      }
    }
    function requireHistory(): void {
      if (!history.admits(origin)) throw new OtherHistoryError()
    }
    async function ask<R>(
      text: string,
      values: readonly unknown[],
    ): Promise<PostgresQueryResult<R>> {
      const name = preparesStatements ? preparedNameOf(text) : undefined
      if (name === undefined) return run<R>({ text, values })
      try {
        // `pg` sends the text once on each connection, and only the name from then on.
        return await run<R>({ name, text, values })
      } catch (error) {
        if (!isPreparedStatementLost(error)) throw error
        preparesStatements = false
        return run<R>({ text, values })
      }
    }
    function run<R>(statement: Statement): Promise<PostgresQueryResult<R>> {
      return runStatement(client, statement, answerWithinMs)
    }
    return {
      query,
      release: (destroy) => {
        const isUseless = timeout !== undefined || !history.admits(origin)
        client.release(destroy === true || isUseless)
      },
    }
  }

  /** Searches for a server only where a new connection is needed. */
  async function take(): Promise<PoolClient> {
    try {
      return await (pool.idleCount > 0 ? pool.connect() : servers.connect(() => pool.connect()))
    } catch (error) {
      throw whileConnecting(error)
    }
  }

  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const endsAt = performance.now() + connectWithinMs
      for (let pauseMs = shortestPauseMs; ; ) {
        const client = await take()
        const known = pooled.get(client)
        if (known?.cohort === cohort && history.admits(known.origin)) {
          known.hasServed = true
          return known.lent
        }
        client.release(true)
        if (known === undefined || known.hasServed || known?.cohort !== cohort) continue
        // Either the server is a deposed primary, or the sync cycles have not met the promoted one
        // yet.
        history.refuse(known.origin.history)
        servers.distrust()
        const leftMs = endsAt - performance.now()
        // An outage, and no reason to try again at once.
        if (leftMs <= 0) throw new ConnectionError(new OtherHistoryError())
        await history.changed(Math.min(leftMs, pauseMs))
        pauseMs = Math.min(pauseMs * 2, longestPauseMs)
      }
    },
  }
}
