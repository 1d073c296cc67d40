import { ServiceError } from '../errors.ts'
import { FairQueue } from './fair-queue.ts'

export interface BatchLoaderOptions<Wanted, Found> {
  /** Reads all at once. The answer has, by key, what was found. */
  readonly load: (wanted: readonly Wanted[]) => Promise<ReadonlyMap<string, Found>>
  readonly keyOf: (wanted: Wanted) => string
  /**
   * How many different things may wait for a read; beyond it the account with the most is refused
   * (`overloaded`).
   */
  readonly maxWaiting: number
  /** The account whose turn a read takes. Absent: all are served in order. */
  readonly accountOf?: (wanted: Wanted) => string
  /** How many things one read loads. Absent: all that wait. */
  readonly maxAtOnce?: number
}

interface Waiting<Wanted, Found> {
  readonly key: string
  readonly wanted: Wanted
  readonly answer: PromiseWithResolvers<Found | undefined>
}

/**
 * One read is under way at a time. Callers that ask meanwhile share a later read, and callers that
 * ask in the same turn of the event loop share the same read. So a database that is slow for
 * everyone is asked once for many, and every answer rests on a statement that was sent after its
 * own question came. When more wait than one read loads, the accounts are served in turn.
 */
export class BatchLoader<Wanted, Found> {
  readonly #options: Required<BatchLoaderOptions<Wanted, Found>>
  #waiting = new Map<string, Waiting<Wanted, Found>>()
  readonly #queue: FairQueue<Waiting<Wanted, Found>>
  /** Whether a read is under way, or about to be sent. */
  #isBusy = false

  constructor(options: BatchLoaderOptions<Wanted, Found>) {
    this.#options = {
      accountOf: () => '',
      maxAtOnce: Number.POSITIVE_INFINITY,
      ...options,
    }
    this.#queue = new FairQueue(options.maxWaiting)
  }

  load(wanted: Wanted): Promise<Found | undefined> {
    const { keyOf, accountOf } = this.#options
    const key = keyOf(wanted)
    const shared = this.#waiting.get(key)
    if (shared !== undefined) return shared.answer.promise
    const waiting = { key, wanted, answer: Promise.withResolvers<Found | undefined>() }
    this.#waiting.set(key, waiting)
    const displaced = this.#queue.add(accountOf(wanted), waiting)
    if (displaced !== undefined) this.#refuse(displaced)
    if (!this.#isBusy) {
      this.#isBusy = true
      setImmediate(() => this.#sendNext())
    }
    return waiting.answer.promise
  }

  #refuse({ key, answer }: Waiting<Wanted, Found>): void {
    this.#waiting.delete(key)
    answer.reject(
      new ServiceError('overloaded', 'Too many first verifications are waiting. Try again later.'),
    )
  }

  #sendNext(): void {
    const batch = this.#takeBatch()
    this.#isBusy = batch.length > 0
    if (batch.length === 0) return
    this.#options
      .load(batch.map(({ wanted }) => wanted))
      .then(
        (found) => {
          for (const { key, answer } of batch) answer.resolve(found.get(key))
        },
        (error: unknown) => {
          for (const { answer } of batch) answer.reject(error)
        },
      )
      .finally(() => this.#sendNext())
  }

  /** Callers that ask for the same thing from now on wait for a later read. */
  #takeBatch(): readonly Waiting<Wanted, Found>[] {
    const batch: Waiting<Wanted, Found>[] = []
    while (batch.length < this.#options.maxAtOnce) {
      const next = this.#queue.next()
      if (next === undefined) break
      batch.push(next)
    }
    // V8 shrinks the table of a Map that lives long among old objects, and what the former table
    // refers to stays until those are collected: the rows of every read.
    if (this.#queue.size === 0) this.#waiting = new Map()
    else for (const { key } of batch) this.#waiting.delete(key)
    return batch
  }
}
