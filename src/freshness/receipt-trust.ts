import { compareHistories, type History, type HistoryChange } from '../domain/protocol/history.ts'
import { leaseFrom, leaseHolds, type Moment } from '../domain/protocol/lease.ts'
import type { Timing } from './timing.ts'

/**
 * Whether the rows of instances complete receipts after history has changed. A database that was
 * restored may lack the rows of instances that still answer from memory; then the rows complete
 * none for one failure timeout.
 *
 * It lacks none if it holds the position of an instance whose lease still holds. Nobody has evicted
 * that instance in the history before, so each other one that holds a lease waited until this one
 * had applied its registration, or registered earlier: its row came before the position.
 */
export class ReceiptTrust {
  readonly #timing: Timing
  #lostUntil = Number.NEGATIVE_INFINITY
  #registeredIn: History | null | undefined
  /** When the latest cycle began that gave this registration a lease. */
  #leasedAt: Moment | undefined

  constructor(timing: Timing) {
    this.#timing = timing
  }

  /** Whether the rows do not count. `now` is monotonic, here and below. */
  isLost(now: number): boolean {
    return now < this.#lostUntil
  }

  lose(now: number, failureTimeoutMs: number): void {
    this.#lostUntil = Math.max(this.#lostUntil, now + failureTimeoutMs)
  }

  /** A sync cycle that began at this moment has given a lease. */
  leased(sentAt: Moment): void {
    this.#leasedAt = sentAt
  }

  /** Whether nobody can have evicted this instance yet, in whatever history. */
  isSurelyRegistered(now: Moment): boolean {
    if (this.#leasedAt === undefined) return false
    return leaseHolds(leaseFrom(this.#leasedAt, this.#timing.leaseMs), now)
  }

  /** A registration was committed: how its history differs from that of the one before. */
  registeredIn(history: History | null): HistoryChange | undefined {
    const known = this.#registeredIn
    this.#registeredIn = history
    this.#leasedAt = undefined
    return known === undefined ? undefined : compareHistories(known, history)
  }

  /** The registration goes on in another history. */
  continuesIn(history: History | null): void {
    this.#registeredIn = history
  }
}
