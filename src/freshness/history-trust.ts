import { compareHistories, type History, type HistoryChange } from '../domain/protocol/history.ts'

/**
 * Whether what instances say of themselves counts. For a watch after history changed under them it does
 * not: a database that was restored may know nothing of those who still answer from memory.
 */
export class Trust {
  readonly #failureTimeoutMs: number
  #lostUntil = Number.NEGATIVE_INFINITY
  #registeredIn: History | null | undefined

  constructor(failureTimeoutMs: number) {
    this.#failureTimeoutMs = failureTimeoutMs
  }

  /** Whether it does not count. `now` is monotonic, as everywhere here. */
  isLost(now: number): boolean {
    return now < this.#lostUntil
  }

  lose(now: number): void {
    this.#lostUntil = now + this.#failureTimeoutMs
  }

  /** A registration was committed: trust is lost when it is in another history than the one before. */
  registeredIn(history: History | null, now: number): HistoryChange | undefined {
    const known = this.#registeredIn
    this.#registeredIn = history
    if (known === undefined) return undefined
    const change = compareHistories(known, history)
    if (change !== undefined) this.lose(now)
    return change
  }
}
