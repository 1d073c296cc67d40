/**
 * When this instance learnt that a revision is committed, on its own monotonic clock: a receipt
 * completes a watch after that. Revisions are known by their random ids, never by their numbers: in a
 * restored history the same number is another revision, which was committed later.
 */
export class Progress {
  readonly #maxRemembered: number
  readonly #learntAt = new Map<string, number>()

  constructor(maxRemembered = 10_000) {
    this.#maxRemembered = maxRemembered
  }

  /** Notes that a revision is committed, as is known now; tells since when that has been known. */
  learn(id: string, now: number): number {
    const known = this.#learntAt.get(id)
    if (known !== undefined) return known
    this.#learntAt.set(id, now)
    if (this.#learntAt.size > this.#maxRemembered) this.#forgetOldest()
    return now
  }

  #forgetOldest(): void {
    for (const oldest of this.#learntAt.keys()) {
      this.#learntAt.delete(oldest)
      return
    }
  }
}
