import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import { listInstances, type StoredInstance } from '../store/instances.ts'
import type { CurrentReads } from './current-reads.ts'
import type { Instance } from './driver.ts'
import { type Receipt, receiptOf } from './receipt.ts'
import type { Timing } from './timing.ts'
import { Wakeup } from './wakeup.ts'

export interface ReceiptsOptions {
  readonly currentReads: CurrentReads
  readonly instance: Instance
  readonly timing: Timing
  readonly monotonicNow: () => number
}

const shortestPauseMs = 2
const longestPauseMs = 100
/** What the database has for one answer at least, even when nobody wants to wait for a receipt. */
const leastReadMs = 500

/** Follows how far changes have come, for those who wait for it. */
export class Receipts {
  readonly #options: ReceiptsOptions
  #underWay: Promise<StoredInstance[] | undefined> | undefined
  #next: Promise<StoredInstance[] | undefined> | undefined

  constructor(options: ReceiptsOptions) {
    this.#options = options
  }

  /**
   * The receipt of a committed revision: as soon as it is complete, or as it stands after `waitMs`.
   * When the database cannot be asked it stands as pending; the change is committed all the same.
   */
  async waitFor(committed: RevisionRef, waitMs: number): Promise<Receipt> {
    const { instance, monotonicNow } = this.#options
    const endsAt = monotonicNow() + waitMs
    const learntAt = instance.learn(committed.id)
    instance.trigger()
    for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const readMs = Math.max(leastReadMs, endsAt - monotonicNow())
      const receipt = await this.#evaluate(committed, learntAt, readMs)
      const leftMs = endsAt - monotonicNow()
      if (receipt.state === 'complete' || leftMs <= 0) return receipt
      await new Wakeup().within(Math.min(pauseMs, leftMs))
    }
  }

  async #evaluate(committed: RevisionRef, learntAt: number, readMs: number): Promise<Receipt> {
    const { instance, timing, monotonicNow } = this.#options
    const instances = await this.#readWithin(readMs).catch(() => undefined)
    return receiptOf({
      ...committed,
      instances: instances ?? [],
      ownId: instance.registeredId,
      learntAt,
      now: monotonicNow(),
      failureTimeoutMs: timing.failureTimeoutMs,
      onlyByTime: instances === undefined || instance.completesOnlyByTime,
    })
  }

  /** Undefined when the database does not answer in time. */
  async #readWithin(ms: number): Promise<StoredInstance[] | undefined> {
    const deadline = new Wakeup()
    try {
      return await Promise.race([this.#readFresh(), deadline.within(ms).then(() => undefined)])
    } finally {
      deadline.wake()
    }
  }

  /** Reads that begin after the call. Those who wait while one is under way share the one after it. */
  #readFresh(): Promise<StoredInstance[] | undefined> {
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
