import { ServiceError } from '../../errors.ts'
import { FairQueue } from './fair-queue.ts'

interface Waiting {
  readonly begin: () => void
  readonly refuse: (error: ServiceError) => void
}

/**
 * Runs at most `concurrency` tasks at once and lets at most `maxWaiting` wait, the accounts in turn.
 * Beyond that a task is refused (`overloaded`), of the account that has the most waiting: a caller who
 * is told so early can try elsewhere.
 */
export class WorkQueue {
  readonly #concurrency: number
  readonly #waiting: FairQueue<Waiting>
  #running = 0
  #completed = 0

  constructor(limits: { readonly concurrency: number; readonly maxWaiting: number }) {
    this.#concurrency = limits.concurrency
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
    try {
      return await task()
    } finally {
      this.#completed += 1
      this.#givePlace()
    }
  }

  async #takePlace(account: string): Promise<void> {
    if (this.#running < this.#concurrency) {
      this.#running += 1
      return
    }
    await new Promise<void>((begin, refuse) => {
      const displaced = this.#waiting.add(account, { begin, refuse })
      displaced?.refuse(new ServiceError('overloaded', 'Too many first verifications are waiting.'))
    })
  }

  /** A place is handed on to whose turn it is, so that nobody overtakes. */
  #givePlace(): void {
    const next = this.#waiting.next()
    if (next === undefined) this.#running -= 1
    else next.begin()
  }
}
