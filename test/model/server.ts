import type { Database } from './database.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'

/** Where statements arrive: at the primary, for a while perhaps at a standby, or nowhere. */
export class Server {
  readonly #scheduler: Scheduler
  readonly #random: Random
  #primary: Database
  #standby: Database | undefined
  /** The primary from before a promotion, while it is alive. */
  #deposed: Database | undefined
  /** Raised whenever every connection breaks. */
  #epoch = 0
  #isDown = false

  constructor(scheduler: Scheduler, random: Random, primary: Database) {
    this.#scheduler = scheduler
    this.#random = random
    this.#primary = primary
  }

  get primary(): Database {
    return this.#primary
  }

  get epoch(): number {
    return this.#epoch
  }

  /** Where a new connection leads: a deposed primary is not fenced off. */
  connect(): Database {
    if (this.#deposed === undefined) return this.#primary
    return this.#random.chance(0.5) ? this.#deposed : this.#primary
  }

  /** Undefined when no server answers, or none does on such a connection. */
  run<T>(statement: (db: Database) => T | undefined, on: Database = this.#primary): T | undefined {
    if (this.#isDown || (on !== this.#primary && on !== this.#deposed)) return undefined
    const isAtStandby = this.#standby !== undefined && this.#random.chance(0.7)
    return statement(isAtStandby ? (this.#standby ?? on) : on)
  }

  /**
   * The standby takes over; the primary goes on for so long, and what is connected to it stays so.
   */
  promote(ms: number): void {
    const deposed = this.#primary
    this.#primary = deposed.promoteStandby()
    this.#deposed = deposed
    this.#scheduler.after(ms, () => {
      if (this.#deposed === deposed) this.#deposed = undefined
    })
  }

  /**
   * Every connection breaks; after a while the server is there again, perhaps with another content.
   */
  restart(downMs: number, content: Database = this.#primary): void {
    this.#epoch += 1
    this.#isDown = true
    this.#deposed = undefined
    content.restarted()
    this.#primary = content
    this.#scheduler.after(downMs, () => {
      this.#isDown = false
    })
  }

  /** For a while most statements reach a standby that gets nothing new. */
  misroute(ms: number): void {
    this.#standby = this.#primary.copy(true)
    this.#scheduler.after(ms, () => {
      this.#standby = undefined
    })
  }
}
