/** After so many answers in so many milliseconds a loop lets the process read its socket. */
const [leastAnswers, turnMs] = [16, 10]

/**
 * Answers from memory are promises that are resolved already: a loop that awaits one after another
 * runs no timer and reads no socket, and would lose its lease. So now and then an answer waits for
 * a turn of the event loop.
 */
export class Pace {
  #answers = 0
  #turnedAt = 0

  /** Whether the next answer has to wait for a turn. `now` is monotonic, in milliseconds. */
  isTurnDue(now: number): boolean {
    this.#answers += 1
    return this.#answers > leastAnswers && now - this.#turnedAt > turnMs
  }

  turn(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#answers = 0
        this.#turnedAt = performance.now()
        resolve()
      })
    })
  }
}
