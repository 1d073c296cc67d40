/**
 * Since when this instance has known that a revision is committed, on its monotonic clock: a
 * receipt is complete one failure timeout after that. Revisions are known by their random ids,
 * never by their numbers: in a restored history the same number is another revision, which was
 * committed later.
 */
export class KnownRevisions {
  readonly #maxRemembered: number
  readonly #since = new Map<string, number>()

  constructor(maxRemembered = 10_000) {
    this.#maxRemembered = maxRemembered
  }

  /** Notes that a revision is known to be committed; returns since when that has been known. */
  learn(id: string, now: number): number {
    const since = this.#since.get(id)
    if (since !== undefined) return since
    this.#since.set(id, now)
    if (this.#since.size > this.#maxRemembered) this.#forgetOldest()
    return now
  }

  #forgetOldest(): void {
    for (const oldest of this.#since.keys()) {
      this.#since.delete(oldest)
      return
    }
  }
}
