import { type History, isSameHistory } from '../domain/protocol/history.ts'

/** The history and the server that a connection belongs to. */
export interface Origin {
  /** The number of the history in which the connection was made. */
  readonly historyNumber: number
  /** The history that the server reported when the connection was made. */
  readonly history: History | null
}

/**
 * The history that this instance is registered in. Every connection except that of the sync cycles
 * is checked against it, and an answer from a server of another history is discarded: after a
 * promotion, the old primary may be alive and answer reads for ever.
 *
 * The history is unknown while the instance is not registered. Then every server is admitted; since
 * there is no lease either, verdicts come from servers that prove that they can commit
 * (committed-read.ts).
 */
export class CurrentHistory {
  readonly #onChange: (() => void)[] = []
  readonly #onRefusal: ((met: History | null) => void)[] = []
  #known: History | null | undefined
  #historyNumber = 0
  #version = 0
  #refused = 0
  #waiting: (() => void)[] = []

  /**
   * Increases when another history is met. Take it before a connection is asked for its history.
   */
  get historyNumber(): number {
    return this.#historyNumber
  }

  /**
   * Increases with every change of the known history: a read under an earlier version may be of
   * another history.
   */
  get version(): number {
    return this.#version
  }

  /** Whether this instance is registered in a history. */
  get isFollowed(): boolean {
    return this.#known !== undefined
  }

  /** The number of new connections that were refused. */
  get refused(): number {
    return this.#refused
  }

  /** Whether answers on a connection may be used. */
  admits({ historyNumber, history }: Origin): boolean {
    if (historyNumber !== this.#historyNumber) return false
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

  /** A sync cycle has met another history: connections made before are no longer admitted. */
  leave(): void {
    this.#historyNumber += 1
    this.forget()
  }

  /** A new connection was refused. */
  refuse(met: History | null): void {
    this.#refused += 1
    for (const listener of this.#onRefusal) listener(met)
  }

  onChange(listener: () => void): void {
    this.#onChange.push(listener)
  }

  /** `listener` receives the history of the server that a refused connection had reached. */
  onRefusal(listener: (met: History | null) => void): void {
    this.#onRefusal.push(listener)
  }

  /** Resolves with the next change, or after `withinMs` milliseconds. */
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
    for (const listener of this.#onChange) listener()
  }
}
