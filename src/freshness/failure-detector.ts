/** A row of `instance`. */
export interface InstanceRow {
  readonly id: string
  readonly applied: number
  readonly beat: number
}

/** An instance whose row has not changed for a whole watch: it may be deleted if it still shows this beat. */
export interface UnresponsiveInstance {
  readonly id: string
  readonly beat: number
}

/**
 * Watches the beats of the others. A row that shows the same beat for a whole watch, timed on our own
 * clock from the *response* to the read that first showed it, belongs to an instance whose lease has
 * ended, however slow its clock runs: the beat was committed before that response, and its lease
 * began before that.
 */
export class FailureDetector {
  readonly #failureTimeoutMs: number
  #seen = new Map<string, { readonly beat: number; readonly since: number }>()

  constructor(failureTimeoutMs: number) {
    this.#failureTimeoutMs = failureTimeoutMs
  }

  /** Takes a read of the table and tells who has been silent. `respondedAt` is monotonic, when the answer came. */
  observe(rows: readonly InstanceRow[], respondedAt: number): UnresponsiveInstance[] {
    const seen = new Map<string, { readonly beat: number; readonly since: number }>()
    const silent: UnresponsiveInstance[] = []
    for (const { id, beat } of rows) {
      const known = this.#seen.get(id)
      const since = known?.beat === beat ? known.since : respondedAt
      seen.set(id, { beat, since })
      if (respondedAt - since >= this.#failureTimeoutMs) silent.push({ id, beat })
    }
    this.#seen = seen
    return silent
  }

  /** The connection broke: what was seen on it may be of another server. */
  reset(): void {
    this.#seen.clear()
  }
}
