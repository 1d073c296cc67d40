import { type History, isSameHistory } from '../domain/protocol/history.ts'

/** Where a connection comes from. */
export interface Origin {
  /** The generation of the history in which it was made. */
  readonly generation: number
  /** What its server said when it was made. */
  readonly history: History | null
}

/**
 * The history that this instance is registered in, for every connection but that of its rounds: what a
 * server of another history says counts for nothing. After a promotion the old primary may be alive and
 * answer reads for ever.
 *
 * It is unknown while the instance is not registered. Then every server is admitted, and since there is
 * no lease either, verdicts come from servers that prove that they commit (committed-read.ts).
 */
export class CurrentHistory {
  readonly #onChange: (() => void)[] = []
  readonly #onRefusal: ((met: History | null) => void)[] = []
  #known: History | null | undefined
  #generation = 0
  #version = 0
  #refused = 0
  #waiting: (() => void)[] = []

  /** Raised when another history is met. Take it before a connection is asked for its own. */
  get generation(): number {
    return this.#generation
  }

  /** Raised with every change of what is known: what was read under another version may be of another history. */
  get version(): number {
    return this.#version
  }

  /** How many new connections were refused. */
  get refused(): number {
    return this.#refused
  }

  /** Whether what comes from a connection may be used. */
  admits({ generation, history }: Origin): boolean {
    if (generation !== this.#generation) return false
    return this.#known === undefined || isSameHistory(this.#known, history)
  }

  /** The instance is registered in this history. */
  follow(history: History | null): void {
    this.#known = history
    this.#changed()
  }

  /** The registration is gone. */
  forget(): void {
    this.#known = undefined
    this.#changed()
  }

  /** A round has met another history: no connection made before is admitted any more. */
  leave(): void {
    this.#generation += 1
    this.forget()
  }

  /** A new connection was refused. */
  refuse(met: History | null): void {
    this.#refused += 1
    for (const tell of this.#onRefusal) tell(met)
  }

  onChange(tell: () => void): void {
    this.#onChange.push(tell)
  }

  /** `tell` is given the history of the server that a refused connection had reached. */
  onRefusal(tell: (met: History | null) => void): void {
    this.#onRefusal.push(tell)
  }

  /** Resolves with the next change, or after so many milliseconds. */
  changed(withinMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, withinMs)
    this.#waiting.push(() => {
      clearTimeout(timer)
      resolve()
    })
    return promise
  }

  #changed(): void {
    this.#version += 1
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
    for (const tell of this.#onChange) tell()
  }
}
