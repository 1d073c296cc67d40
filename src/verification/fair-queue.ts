import { Fifo } from './fifo.ts'

/** The waiting items of one account, the oldest first. */
class Line<T> {
  readonly account: string
  readonly items = new Fifo<T>()
  /** The neighbours in the ring of the lines of the same length; itself when it is alone. */
  before: Line<T> = this
  after: Line<T> = this

  constructor(account: string) {
    this.account = account
  }
}

/**
 * A bounded queue that serves the accounts in turn, one item each, and each account's items in
 * order. No item waits longer than one turn of every other account, however much one of them
 * queues. Every step takes constant time on average.
 *
 * When the queue is full, the account with the most waiting items loses its newest one, unless the
 * new item's account would then have as many. An account with nothing waiting is therefore refused
 * only when every place is held by a different account.
 */
export class FairQueue<T> {
  /**
   * May be lowered while more items wait: each new item then displaces another, until as few are
   * left.
   */
  max: number
  readonly #lines = new Map<string, Line<T>>()
  /** The lines in the order of their turns. */
  readonly #turns = new Fifo<Line<T>>()
  /**
   * The first of the lines of each length, which form a ring. A Set in its place would allocate a
   * table among old objects again and again, which doubled what a first verification left to the
   * collector of old objects.
   */
  readonly #byLength: (Line<T> | undefined)[] = []
  #longest = 0
  #size = 0

  constructor(max: number) {
    this.max = max
  }

  get size(): number {
    return this.#size
  }

  /** Adds an item. Returns the item that is displaced for it, which may be the item itself. */
  add(account: string, item: T): T | undefined {
    const line = this.#lines.get(account) ?? new Line<T>(account)
    const isFull = this.#size >= this.max
    if (isFull && line.items.length + 1 >= this.#longest) return item
    const displaced = isFull ? this.#displace() : undefined
    if (line.items.length === 0) {
      this.#lines.set(account, line)
      this.#turns.push(line)
    }
    this.#resize(line, () => line.items.push(item))
    return displaced
  }

  /** Removes and returns the item whose turn it is. */
  next(): T | undefined {
    const line = this.#turns.shift()
    if (line === undefined) return undefined
    const item = this.#resize(line, () => line.items.shift())
    if (line.items.length > 0) this.#turns.push(line)
    else this.#lines.delete(line.account)
    return item
  }

  /** The newest item of a longest line. The line has at least two items, and so keeps its turn. */
  #displace(): T | undefined {
    const line = this.#byLength[this.#longest]
    return line && this.#resize(line, () => line.items.pop())
  }

  /** Keeps `#byLength` correct while a line grows or shrinks by one. */
  #resize<R>(line: Line<T>, change: () => R): R {
    const { items } = line
    const before = items.length
    if (before > 0) this.#unlink(line, before)
    const result = change()
    this.#size += items.length - before
    if (items.length > 0) this.#link(line)
    if (items.length > this.#longest) this.#longest = items.length
    else if (before === this.#longest && this.#byLength[before] === undefined) this.#longest -= 1
    return result
  }

  /** Adds the line as the last in the ring of its length. */
  #link(line: Line<T>): void {
    const first = this.#byLength[line.items.length]
    if (first === undefined) {
      this.#byLength[line.items.length] = line
      return
    }
    line.before = first.before
    line.after = first
    first.before.after = line
    first.before = line
  }

  #unlink(line: Line<T>, length: number): void {
    const { before, after } = line
    const next = after === line ? undefined : after
    if (this.#byLength[length] === line) this.#byLength[length] = next
    before.after = after
    after.before = before
    line.before = line
    line.after = line
  }
}
