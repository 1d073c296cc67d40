interface Entry {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/**
 * What will happen, in order of true time, which no process can see: a binary heap, in
 * milliseconds.
 */
export class Scheduler {
  readonly #heap: Entry[] = []
  #now = 0
  #order = 0

  /** True time. */
  get now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): void {
    this.at(this.#now + ms, run)
  }

  at(at: number, run: () => void): void {
    this.#order += 1
    this.#rise({ at: Math.max(at, this.#now), order: this.#order, run })
  }

  /** Lets everything happen that is due until then. */
  runUntil(end: number): void {
    for (;;) {
      const [first] = this.#heap
      if (first === undefined || first.at > end) break
      this.#sink()
      this.#now = first.at
      first.run()
    }
    this.#now = end
  }

  #rise(entry: Entry): void {
    const heap = this.#heap
    let place = heap.push(entry) - 1
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || !isBefore(entry, parent)) break
      heap[place] = parent
      place = above
    }
    heap[place] = entry
  }

  /** Takes the first entry out, and lets the last sink from its place. */
  #sink(): void {
    const heap = this.#heap
    const entry = heap.pop()
    if (entry === undefined || heap.length === 0) return
    let place = 0
    for (;;) {
      const left = 2 * place + 1
      let child = heap[left]
      if (child === undefined) break
      let below = left
      const right = heap[left + 1]
      if (right !== undefined && isBefore(right, child)) {
        child = right
        below = left + 1
      }
      if (!isBefore(child, entry)) break
      heap[place] = child
      place = below
    }
    heap[place] = entry
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order)
}
