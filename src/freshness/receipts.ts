import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import { listInstances, type StoredInstance } from '../store/instances.ts'
import type { CurrentReads } from './current-reads.ts'
import type { Driver } from './driver.ts'
import type { Receipt } from './receipt.ts'
import { ReceiptWait } from './receipt-wait.ts'
import { Wakeup } from './wakeup.ts'

export interface ReceiptsOptions {
  readonly currentReads: CurrentReads
  readonly instance: Driver
  readonly monotonicNow: () => number
}

const longestPauseMs = 100

/** Evaluates the receipts of committed changes for the callers that wait for them. */
export class Receipts {
  readonly #options: ReceiptsOptions
  #underWay: Promise<StoredInstance[] | undefined> | undefined
  #next: Promise<StoredInstance[] | undefined> | undefined

  constructor(options: ReceiptsOptions) {
    this.#options = options
  }

  /**
   * The receipt of a committed revision: as soon as the receipt is complete, or as it is after
   * `waitMs`. While the database cannot be read the receipt is pending; the change is committed all
   * the same.
   */
  async waitFor(committed: RevisionRef, waitMs: number): Promise<Receipt> {
    const { instance, monotonicNow } = this.#options
    const evaluator = instance.follower
    const now = monotonicNow()
    const wait = new ReceiptWait({ committed, evaluator, waitMs, longestPauseMs, now })
    instance.trigger()
    for (;;) {
      const command = wait.next()
      switch (command.kind) {
        case 'answer':
          return command.receipt
        case 'sleep':
          await new Wakeup().within(command.ms)
          wait.slept(monotonicNow())
          break
        case 'load_instances': {
          const rows = await this.#loadWithin(command.withinMs).catch(() => undefined)
          wait.loaded(rows, monotonicNow())
        }
      }
    }
  }

  /** Undefined when the database does not answer in time. */
  async #loadWithin(ms: number): Promise<StoredInstance[] | undefined> {
    const deadline = new Wakeup()
    try {
      return await Promise.race([this.#load(), deadline.within(ms).then(() => undefined)])
    } finally {
      deadline.wake()
    }
  }

  /**
   * A read that begins after the call. Callers that come while one is under way share the one after
   * it.
   */
  #load(): Promise<StoredInstance[] | undefined> {
    if (this.#underWay === undefined) return this.#begin()
    this.#next ??= this.#underWay.then(
      () => this.#begin(),
      () => this.#begin(),
    )
    return this.#next
  }

  #begin(): Promise<StoredInstance[] | undefined> {
    this.#next = undefined
    const reading = this.#options.currentReads.read(listInstances).finally(() => {
      if (this.#underWay === reading) this.#underWay = undefined
    })
    this.#underWay = reading
    return reading
  }
}
