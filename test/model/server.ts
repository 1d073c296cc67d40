import type { Agenda } from './agenda.ts'
import type { Database } from './database.ts'
import type { Random } from './random.ts'

/** Where statements arrive: the primary, for a while perhaps a standby instead, or nobody. */
export class Server {
  readonly #agenda: Agenda
  readonly #random: Random
  #primary: Database
  #standby: Database | undefined
  /** Raised whenever every connection breaks. */
  #epoch = 0
  #isDown = false

  constructor(agenda: Agenda, random: Random, primary: Database) {
    this.#agenda = agenda
    this.#random = random
    this.#primary = primary
  }

  get primary(): Database {
    return this.#primary
  }

  get epoch(): number {
    return this.#epoch
  }

  /** Undefined when nobody answers. */
  run<T>(statement: (db: Database) => T | undefined): T | undefined {
    if (this.#isDown) return undefined
    const isAtStandby = this.#standby !== undefined && this.#random.chance(0.7)
    return statement(isAtStandby ? (this.#standby ?? this.#primary) : this.#primary)
  }

  /** Every connection breaks; after a while the server is there again, perhaps with another content. */
  restart(downMs: number, content: Database = this.#primary): void {
    this.#epoch += 1
    this.#isDown = true
    content.restarted()
    this.#primary = content
    this.#agenda.after(downMs, () => {
      this.#isDown = false
    })
  }

  /** For a while most statements reach a standby that gets nothing new. */
  misroute(ms: number): void {
    this.#standby = this.#primary.copy(true)
    this.#agenda.after(ms, () => {
      this.#standby = undefined
    })
  }
}
