type Done<T> = (result: T | undefined) => void

/**
 * One statement under way at a time; callers that come meanwhile share the next one, as with
 * BatchLoader.
 */
export class BatchLoads<T> {
  readonly #send: (done: Done<T>) => void
  #waiting: Done<T>[] = []
  #isBusy = false

  /** `send` sends one statement and reports its result, or undefined when there is none. */
  constructor(send: (done: Done<T>) => void) {
    this.#send = send
  }

  load(done: Done<T>): void {
    this.#waiting.push(done)
    if (!this.#isBusy) this.#sendNext()
  }

  #sendNext(): void {
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    this.#isBusy = true
    this.#send((result) => {
      this.#isBusy = false
      for (const done of waiting) done(result)
      if (!this.#isBusy) this.#sendNext()
    })
  }
}
