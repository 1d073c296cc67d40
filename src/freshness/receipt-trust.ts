import { compareHistories, type History, type HistoryChange } from '../domain/protocol/history.ts'

/**
 * Whether the rows of instances complete receipts. For one failure timeout after history changed
 * they do not: a database that was restored may lack the rows of instances that still answer from
 * memory.
 */
export class ReceiptTrust {
  readonly #failureTimeoutMs: number
  #lostUntil = Number.NEGATIVE_INFINITY
  #registeredIn: History | null | undefined

  constructor(failureTimeoutMs: number) {
    this.#failureTimeoutMs = failureTimeoutMs
  }

  /** Whether the rows do not count. `now` is monotonic, here and below. */
  isLost(now: number): boolean {
    return now < this.#lostUntil
  }

  lose(now: number): void {
    this.#lostUntil = now + this.#failureTimeoutMs
  }

  /**
   * A registration was committed: trust is lost when its history is not that of the registration
   * before.
   */
  registeredIn(history: History | null, now: number): HistoryChange | undefined {
    const known = this.#registeredIn
    this.#registeredIn = history
    if (known === undefined) return undefined
    const change = compareHistories(known, history)
    if (change !== undefined) this.lose(now)
    return change
  }
}
