/** Below this, moving what waits costs less than keeping what was taken. */
const movedFrom = 64

/**
 * A queue whose every step takes constant time on average. `Array.prototype.shift` moves all that
 * wait in arrays of some ten thousand items or more.
 */
export class Fifo<T> {
  /** Those before `#first` were taken. */
  #items: (T | undefined)[] = []
  #first = 0

  get length(): number {
    return this.#items.length - this.#first
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** Removes and returns the newest. */
  pop(): T | undefined {
    return this.length === 0 ? undefined : this.#items.pop()
  }

  /** Removes and returns the oldest. */
  shift(): T | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#first]
    this.#items[this.#first] = undefined
    this.#first += 1
    if (this.#first >= movedFrom && this.#first >= this.#items.length / 2) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return item
  }
}
