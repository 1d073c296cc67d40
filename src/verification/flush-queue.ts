/** Runs flushes one at a time, in the order of the calls. */
export class FlushQueue {
  #last: Promise<void> = Promise.resolve()

  /**
   * Runs `write` when every earlier flush has ended, also by a failure. Rejects if `write` does.
   */
  run(write: () => Promise<void>): Promise<void> {
    const flushed = this.#last.then(write)
    this.#last = flushed.catch(() => undefined)
    return flushed
  }
}
