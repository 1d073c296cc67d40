import { ServiceError } from '../../errors.ts'
import { FairQueue } from '../fair-queue.ts'

interface Waiting {
  /** On the monotonic clock. */
  readonly sinceMs: number
  readonly begin: () => void
  readonly refuse: (error: ServiceError) => void
}

export interface WorkQueueLimits {
  /** Tasks that run at once. */
  readonly concurrency: number
  /** Tasks that wait, at most. */
  readonly maxWaiting: number
  /** How long a task waits, at most, in milliseconds; absent: without a limit. */
  readonly maxWaitMs?: number
}

/**
 * Runs a bounded number of tasks at once and lets a bounded number wait, the accounts in turn.
 * Beyond that, a task of the account with the most waiting tasks is refused (`overloaded`): a
 * caller who learns that early can try elsewhere. Only as many tasks wait as will start within
 * `maxWaitMs`, by the measured time of tasks; a task whose turn comes too late all the same is
 * refused then, since its caller has given up.
 */
export class WorkQueue {
  readonly #limits: Required<WorkQueueLimits>
  readonly #waiting: FairQueue<Waiting>
  #running = 0
  #completed = 0
  /** By how much each waiting task delays the next, in milliseconds. */
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

  /** Tasks that have ended since the start, in whatever way. */
  get completed(): number {
    return this.#completed
  }

  /** `account` is the account that the task works for. */
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
   * Follows the duration of tasks: down at once, up slowly, since one delayed task, or a delayed
   * process, says nothing about the next tasks.
   */
  #learnPace(tookMs: number): void {
    const { concurrency, maxWaiting, maxWaitMs } = this.#limits
    const paceMs = tookMs / concurrency
    this.#paceMs += (paceMs - this.#paceMs) * (paceMs < this.#paceMs ? 0.5 : 0.02)
    this.#waiting.max = Math.max(1, Math.min(maxWaiting, Math.floor(maxWaitMs / this.#paceMs)))
  }

  /** A free place passes directly to the task whose turn it is, so that no new task can take it. */
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
