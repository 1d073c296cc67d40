import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import type { Follower } from './follower.ts'
import { type InstanceRow, type Receipt, receiptOf } from './receipt.ts'

/** What the driver of a receipt does next. */
export type ReceiptCommand =
  /** Read every row of `instance`, by a statement that is sent from now on. */
  | { readonly kind: 'load_instances'; readonly withinMs: number }
  | { readonly kind: 'sleep'; readonly ms: number }
  | { readonly kind: 'answer'; readonly receipt: Receipt }

/** What an evaluation asks of the instance that evaluates. */
export type Evaluator = Pick<
  Follower,
  'registeredId' | 'learn' | 'completesOnlyByTime' | 'failureTimeoutMs' | 'historiesMet'
>

export interface ReceiptWaitOptions {
  /** A revision that is known to be committed. */
  readonly committed: RevisionRef
  readonly evaluator: Evaluator
  /** How long the caller waits for the receipt to be complete, in milliseconds. */
  readonly waitMs: number
  readonly longestPauseMs: number
  /** When the wait begins. */
  readonly now: number
}

const shortestPauseMs = 2
/** The least time for one read, even when the caller does not wait. */
const leastReadMs = 500

/**
 * Waits for the receipt of one revision, without I/O and without promises: evaluates the receipt
 * again and again until it is complete or the caller's time is over. The driver executes the
 * command that `next` returns, and reports with `loaded` or `slept`. All times are on the monotonic
 * clock.
 */
export class ReceiptWait {
  protected readonly options: ReceiptWaitOptions
  readonly #learntAt: number
  readonly #endsAt: number
  readonly #historiesMet: number
  #pauseMs = shortestPauseMs
  #command: ReceiptCommand

  constructor(options: ReceiptWaitOptions) {
    const { now } = options
    this.options = options
    this.#learntAt = options.evaluator.learn(options.committed, now)
    this.#endsAt = now + options.waitMs
    this.#historiesMet = options.evaluator.historiesMet
    this.#command = this.#load(now)
  }

  next(): ReceiptCommand {
    return this.#command
  }

  /**
   * Every row of `instance`; undefined when the database did not answer in time, or was a standby.
   */
  loaded(instances: readonly InstanceRow[] | undefined, now: number): void {
    const receipt = this.evaluate(instances, now)
    const leftMs = this.#endsAt - now
    if (receipt.state === 'complete' || leftMs <= 0) {
      this.#command = { kind: 'answer', receipt }
      return
    }
    this.#command = { kind: 'sleep', ms: Math.min(this.#pauseMs, leftMs) }
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.options.longestPauseMs)
  }

  slept(now: number): void {
    this.#command = this.#load(now)
  }

  protected get ownId(): string | undefined {
    return this.options.evaluator.registeredId
  }

  protected evaluate(instances: readonly InstanceRow[] | undefined, now: number): Receipt {
    const { committed, evaluator } = this.options
    return receiptOf({
      ...committed,
      instances: instances ?? [],
      ownId: this.ownId,
      learntAt: this.#learntAt,
      now,
      failureTimeoutMs: evaluator.failureTimeoutMs(instances),
      onlyByTime: instances === undefined || this.#isOnlyByTime(now),
    })
  }

  /**
   * In another history than that in which the wait began, the revision may be lost, and its number
   * another one's. A second request learns whether it is there.
   */
  #isOnlyByTime(now: number): boolean {
    const { evaluator } = this.options
    return evaluator.historiesMet !== this.#historiesMet || evaluator.completesOnlyByTime(now)
  }

  #load(now: number): ReceiptCommand {
    return { kind: 'load_instances', withinMs: Math.max(leastReadMs, this.#endsAt - now) }
  }
}
