import { ServiceError } from '../errors.ts'

export interface BatchLoaderOptions<Wanted, Found> {
  /** Reads all at once. The answer has, by key, what was found. */
  readonly load: (wanted: readonly Wanted[]) => Promise<ReadonlyMap<string, Found>>
  readonly keyOf: (wanted: Wanted) => string
  /** How many different things may wait for the next read; beyond it one is refused (`overloaded`). */
  readonly maxWaiting: number
}

interface Batch<Wanted, Found> {
  readonly wanted: Map<string, Wanted>
  readonly answer: PromiseWithResolvers<ReadonlyMap<string, Found>>
}

/**
 * One read under way at a time; whoever comes meanwhile shares the next one, and whoever asks in the
 * same turn of the event loop the same. So a database that is slow for everyone is asked once for all,
 * and every answer rests on a statement that was sent after its own question came.
 */
export class BatchLoader<Wanted, Found> {
  readonly #options: BatchLoaderOptions<Wanted, Found>
  #next: Batch<Wanted, Found> | undefined
  /** Whether a read is under way, or about to be sent. */
  #isBusy = false

  constructor(options: BatchLoaderOptions<Wanted, Found>) {
    this.#options = options
  }

  get waiting(): number {
    return this.#next?.wanted.size ?? 0
  }

  async load(wanted: Wanted): Promise<Found | undefined> {
    const key = this.#options.keyOf(wanted)
    this.#next ??= { wanted: new Map(), answer: Promise.withResolvers() }
    const batch = this.#next
    if (batch.wanted.size >= this.#options.maxWaiting && !batch.wanted.has(key)) {
      throw new ServiceError(
        'overloaded',
        'Too many first verifications are waiting. Try again later.',
      )
    }
    batch.wanted.set(key, wanted)
    if (!this.#isBusy) {
      this.#isBusy = true
      setImmediate(() => this.#sendNext())
    }
    return (await batch.answer.promise).get(key)
  }

  #sendNext(): void {
    const batch = this.#next
    this.#isBusy = batch !== undefined
    if (batch === undefined) return
    this.#next = undefined
    this.#options
      .load([...batch.wanted.values()])
      .then(batch.answer.resolve, batch.answer.reject)
      .finally(() => this.#sendNext())
  }
}
