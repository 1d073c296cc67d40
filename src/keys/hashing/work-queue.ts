import { ServiceError } from '../../errors.ts'

/**
 * Runs at most `concurrency` tasks at once and lets at most `maxWaiting` wait, in order. Beyond that
 * a task is refused at once (`overloaded`): a caller who is told so early can try elsewhere.
 */
export class WorkQueue {
  readonly #concurrency: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0
  #completed = 0

  constructor(limits: { readonly concurrency: number; readonly maxWaiting: number }) {
    this.#concurrency = limits.concurrency
    this.#maxWaiting = limits.maxWaiting
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Tasks begun since the start and ended, however they ended. */
  get completed(): number {
    return this.#completed
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    await this.#takePlace()
    try {
      return await task()
    } finally {
      this.#completed += 1
      this.#givePlace()
    }
  }

  async #takePlace(): Promise<void> {
    if (this.#running < this.#concurrency) {
      this.#running += 1
      return
    }
    if (this.#waiting.length >= this.#maxWaiting) {
      throw new ServiceError('overloaded', 'Too many first verifications are waiting.')
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** A place is handed on to the next in line, so that nobody overtakes. */
  #givePlace(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#running -= 1
    else next()
  }
}
