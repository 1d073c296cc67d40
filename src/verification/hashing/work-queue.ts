import { ServiceError } from '../../errors.ts'
import { FairQueue } from './fair-queue.ts'

interface Waiting {
  /** By the monotonic clock. */
  readonly sinceMs: number
  readonly begin: () => void
  readonly refuse: (error: ServiceError) => void
}

export interface WorkQueueLimits {
  /** Tasks that run at once. */
  readonly concurrency: number
  /** Tasks that wait, at most. */
  readonly maxWaiting: number
  /** How long a task waits, at most, in milliseconds; unset: as long as it takes. */
  readonly maxWaitMs?: number
}

/**
 * Runs so many tasks at once and lets so many wait, the accounts in turn. Beyond that a task is refused
 * (`overloaded`), of the account that has the most waiting: a caller who is told so early can try
 * elsewhere. As many are let wait as will have their turn in time, by what tasks have taken so far; and
 * one whose turn comes too late all the same is refused then, since its caller has given up.
 */
export class WorkQueue {
  readonly #limits: Required<WorkQueueLimits>
  readonly #waiting: FairQueue<Waiting>
  #running = 0
  #completed = 0
  /** What one more that waits adds to the wait of the next, in milliseconds. */
  #paceMs = 0

  constructor(limits: WorkQueueLimits) {
    this.#limits = { maxWaitMs: Number.POSITIVE_INFINITY, ...limits }
    this.#waiting = new FairQueue(limits.maxWaiting)
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Tasks begun since the start and ended, however they ended. */
  get completed(): number {
    return this.#completed
  }

  /** `account` is whose work it is. */
  async run<T>(account: string, task: () => Promise<T>): Promise<T> {
    await this.#takePlace(account)
    const begunMs = performance.now()
    try {
      return await task()
    } finally {
      this.#completed += 1
      this.#learnPace(performance.now() - begunMs)
      this.#givePlace()
    }
  }

  async #takePlace(account: string): Promise<void> {
    if (this.#running < this.#limits.concurrency) {
      this.#running += 1
      return
    }
    const sinceMs = performance.now()
    await new Promise<void>((begin, refuse) => {
      this.#waiting.add(account, { sinceMs, begin, refuse })?.refuse(tooMany())
    })
  }

  /**
   * Follows how long tasks take: down at once, up slowly, since one that was held up, with the whole
   * process perhaps, says nothing of those to come.
   */
  #learnPace(tookMs: number): void {
    const { concurrency, maxWaiting, maxWaitMs } = this.#limits
    const paceMs = tookMs / concurrency
    this.#paceMs += (paceMs - this.#paceMs) * (paceMs < this.#paceMs ? 0.5 : 0.02)
    this.#waiting.max = Math.max(1, Math.min(maxWaiting, Math.floor(maxWaitMs / this.#paceMs)))
  }

  /** A place is handed on to whose turn it is, so that nobody overtakes. */
  #givePlace(): void {
    const latestMs = performance.now() - this.#limits.maxWaitMs
    let next = this.#waiting.next()
    while (next !== undefined && next.sinceMs < latestMs) {
      next.refuse(tooMany())
      next = this.#waiting.next()
    }
    if (next === undefined) this.#running -= 1
    else next.begin()
  }
}

function tooMany(): ServiceError {
  return new ServiceError(
    'overloaded',
    'Too many first verifications are waiting. Try again later.',
  )
}
