/**
 * A sleep that can be cut short. A wake-up that comes before the sleep ends the next sleep at once.
 */
export class Wakeup {
  #isDue = false
  #wakeSleeper: (() => void) | undefined

  wake(): void {
    this.#isDue = true
    this.#wakeSleeper?.()
  }

  /** Sleeps for at most `ms` milliseconds, or until `wake`. */
  async within(ms: number): Promise<void> {
    if (!this.#isDue) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        timer.unref()
        this.#wakeSleeper = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#wakeSleeper = undefined
    this.#isDue = false
  }
}
