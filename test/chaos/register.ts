/** A write of one value, as far as its callers know. */
export interface Write<Value> {
  readonly value: Value
  /** It is not in force before this: its first attempt was sent. */
  readonly from: number
  /** It is committed by now: an answer said so. Infinity: none ever did, and it may come in force at any time. */
  readonly by: number
  /** By now everybody knows: a complete receipt was received. */
  readonly complete: number
}

/** When a question was sent, and when its answer was received. */
export interface Asked {
  readonly start: number
  readonly end: number
}

/** Whether an answer may rest on a value, or what speaks against it. */
export type Standing =
  | 'possible'
  /** The next value was committed longer ago than any answer may be old. */
  | 'too_old'
  /** There was a complete receipt of a later value. */
  | 'after_receipt'
  /** No such value was written before the answer. */
  | 'never'

const fromBestToWorst: readonly Standing[] = ['possible', 'too_old', 'after_receipt', 'never']

/**
 * One value in the database, which its callers write one after the other. Tells what an answer may
 * rest on, given that none is older than `maxStalenessMs` and that nothing precedes a complete receipt.
 */
export class Register<Value> {
  readonly #acknowledged: readonly Write<Value>[]
  readonly #open: readonly Write<Value>[]

  /** Takes all writes in order. The first made the value. */
  constructor(writes: readonly Write<Value>[]) {
    this.#acknowledged = writes.filter((write) => Number.isFinite(write.by))
    this.#open = writes.filter((write) => !Number.isFinite(write.by))
  }

  /** The best that can be said for a value that holds. */
  standing(holds: (value: Value) => boolean, asked: Asked, maxStalenessMs: number): Standing {
    if (this.#open.some((write) => write.from <= asked.end && holds(write.value))) return 'possible'
    const standings = this.#acknowledged.map((write, place): Standing => {
      if (!holds(write.value) || write.from > asked.end) return 'never'
      const later = this.#acknowledged.slice(place + 1)
      if (later.some((one) => one.complete < asked.start)) return 'after_receipt'
      const isTooOld = (later[0]?.by ?? Number.POSITIVE_INFINITY) < asked.start - maxStalenessMs
      return isTooOld ? 'too_old' : 'possible'
    })
    return fromBestToWorst.find((one) => standings.includes(one)) ?? 'never'
  }
}
