import { FairQueue } from './fair-queue.ts'

/** The longest use of one turn of the event loop, unless a single piece of work takes longer. */
const turnMs = 1

/**
 * Runs synchronous work that a tenant can cause much of, such as the parsing of allow lists and of
 * large bodies: a millisecond in each turn of the event loop, the accounts in turn, so that other
 * requests are served between. Each piece of work must be short by itself.
 */
export class FairTurns {
  readonly #queue = new FairQueue<() => void>(Number.POSITIVE_INFINITY)
  #isScheduled = false

  get waiting(): number {
    return this.#queue.size
  }

  /** Rejects with what the work throws. */
  run<T>(accountId: string, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#queue.add(accountId, () => {
        try {
          resolve(work())
        } catch (error) {
          reject(error)
        }
      })
      if (this.#isScheduled) return
      this.#isScheduled = true
      setImmediate(() => this.#takeTurn())
    })
  }

  #takeTurn(): void {
    const endMs = performance.now() + turnMs
    do this.#queue.next()?.()
    while (this.#queue.size > 0 && performance.now() < endMs)
    this.#isScheduled = this.#queue.size > 0
    if (this.#isScheduled) setImmediate(() => this.#takeTurn())
  }
}
