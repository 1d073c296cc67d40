import { type Lease, leaseFrom, leaseHolds, type Moment } from '../protocol/lease.ts'

interface Absent<Verdict> {
  readonly verdict: Verdict
  readonly lease: Lease
}

/** How long that a token is unknown may be remembered, in milliseconds. */
export const absentMs = 1_000
/** Of so many tokens: forged ones are all different. */
const maxTokens = 1_000

/**
 * Tokens that no key has, by their digests: a client that repeats a wrong token asks the instance
 * once a second. What was unknown may become known, by a key that is imported or by a new tag key:
 * so nothing is remembered beyond the next invalidation, whatever it names.
 */
export class AbsentTokens<Verdict> {
  readonly #tokens = new Map<string, Absent<Verdict>>()
  #epoch = 0

  /** The verdict on a token that is still known to be absent. Ask under the lease of the edge. */
  recall(digest: string, epoch: number, now: Moment): Verdict | undefined {
    const absent = this.#tokens.get(digest)
    if (absent === undefined || epoch !== this.#epoch) return undefined
    return leaseHolds(absent.lease, now) ? absent.verdict : undefined
  }

  /**
   * Keeps the verdict on a question that was sent at this moment in this epoch, if it is the epoch
   * still.
   */
  keep(digest: string, verdict: Verdict, sent: { epoch: number; at: Moment }, epoch: number): void {
    if (sent.epoch !== epoch) return
    if (this.#epoch !== epoch) this.#tokens.clear()
    this.#epoch = epoch
    this.#tokens.delete(digest)
    this.#tokens.set(digest, { verdict, lease: leaseFrom(sent.at, absentMs) })
    const [oldest] = this.#tokens.keys()
    if (this.#tokens.size > maxTokens && oldest !== undefined) this.#tokens.delete(oldest)
  }
}
