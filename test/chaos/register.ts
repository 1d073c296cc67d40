/** A write of one value, as far as its callers know. */
export interface Write<Value> {
  readonly value: Value
  /** When its first attempt was sent: the value is not in force before. */
  readonly from: number
  /**
   * When an answer said that it is committed. Infinity: none ever did, and it may take effect at
   * any time.
   */
  readonly by: number
  /** When a complete receipt was received: from then on, no instance answers from before it. */
  readonly complete: number
}

/** When a request was sent, and when its answer was received. */
export interface Asked {
  readonly start: number
  readonly end: number
}

/** Whether an answer may rest on a value; if not, why. */
export type Admissibility =
  | 'possible'
  /** The next value was committed longer ago than any answer may be stale. */
  | 'too_old'
  /** There was a complete receipt of a later value. */
  | 'after_receipt'
  /** No such value was written before the answer. */
  | 'never'

const fromBestToWorst: readonly Admissibility[] = ['possible', 'too_old', 'after_receipt', 'never']

/**
 * One value in the database, which its callers write one after the other. The register decides what
 * an answer may rest on, given that no answer is staler than `maxStalenessMs` and that none
 * precedes a complete receipt.
 */
export class Register<Value> {
  readonly #acknowledged: readonly Write<Value>[]
  readonly #open: readonly Write<Value>[]

  /** Takes all writes in order. The first one is the initial value. */
  constructor(writes: readonly Write<Value>[]) {
    this.#acknowledged = writes.filter((write) => Number.isFinite(write.by))
    this.#open = writes.filter((write) => !Number.isFinite(write.by))
  }

  /** The most favourable admissibility of a value for which `holds` is true. */
  admissibility(
    holds: (value: Value) => boolean,
    asked: Asked,
    maxStalenessMs: number,
  ): Admissibility {
    if (this.#open.some((write) => write.from <= asked.end && holds(write.value))) return 'possible'
    const admissibilities = this.#acknowledged.map((write, place): Admissibility => {
      if (!holds(write.value) || write.from > asked.end) return 'never'
      const later = this.#acknowledged.slice(place + 1)
      if (later.some((one) => one.complete < asked.start)) return 'after_receipt'
      const isTooOld = (later[0]?.by ?? Number.POSITIVE_INFINITY) < asked.start - maxStalenessMs
      return isTooOld ? 'too_old' : 'possible'
    })
    return fromBestToWorst.find((one) => admissibilities.includes(one)) ?? 'never'
  }
}
