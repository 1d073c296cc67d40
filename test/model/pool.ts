import type { CurrentHistory, Origin } from '../../src/store/current-history.ts'
import type { Database } from './database.ts'
import type { Environment } from './environment.ts'
import type { Call, Link } from './link.ts'
import type { Process } from './process.ts'

export interface PoolOptions {
  readonly environment: Environment
  readonly process: Process
  readonly link: Link
  readonly history: CurrentHistory
}

/** A connection stays with the server that it reached when it was made. */
export interface Connection {
  readonly database: Database
  readonly origin: Origin
  /** Which connections of the machine it is one of: other ones after a cut. */
  readonly link: number
}

export type Question<T> = Pick<Call<T>, 'deadlineMs' | 'statement' | 'commit' | 'done'>

/** The twin of the connection pool (withoutUnresponsiveConnections). */
export class Pool {
  protected readonly options: PoolOptions
  #idle: Connection[] = []

  constructor(options: PoolOptions) {
    this.options = options
  }

  /** A statement, or a transaction, on one connection. */
  ask<T>(question: Question<T>): void {
    const { process, link, environment, history } = this.options
    const { connection, isRefused } = this.#lend()
    if (isRefused) {
      environment.counts.refusedConnections += 1
      // Never in the turn of the question: to make a connection takes time.
      process.after(1, () => {
        history.refuse(connection.origin.history)
        question.done(undefined)
      })
      return
    }
    link.call({
      ...question,
      process,
      on: connection.database,
      done: (result) => {
        const isUsable = result !== undefined && this.admits(connection)
        if (isUsable) this.#idle.push(connection)
        question.done(isUsable ? result : undefined)
      },
    })
  }

  /** Whether a connection that is there may be used, and what has just come from it. */
  protected admits({ origin }: Connection): boolean {
    return this.options.history.admits(origin)
  }

  /** Whether one may be used that was just made. */
  protected admitsNew({ origin }: Connection): boolean {
    return this.options.history.admits(origin)
  }

  /** A connection, and whether it was just made and may not be used. */
  #lend(): { readonly connection: Connection; readonly isRefused: boolean } {
    const { link, environment } = this.options
    this.#idle = this.#idle.filter((one) => one.link === link.connection && this.admits(one))
    const index = environment.random.integer(this.#idle.length + 1)
    const [idle] = this.#idle.splice(index, 1)
    if (idle !== undefined) return { connection: idle, isRefused: false }
    const connection = this.#connect()
    return { connection, isRefused: !this.admitsNew(connection) }
  }

  #connect(): Connection {
    const { history, link, environment } = this.options
    const database = environment.server.connect()
    const origin = { historyNumber: history.historyNumber, history: database.history }
    return { database, origin, link: link.connection }
  }
}
