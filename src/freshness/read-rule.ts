import type { CurrentHistory } from '../store/current-history.ts'

export interface ReadRuleOptions {
  readonly history: Pick<CurrentHistory, 'version'>
  readonly holdsLease: () => boolean
}

/**
 * What one read of a verdict or of a receipt rests on. While the lease holds, its sync cycle has
 * proved the server lately: a plain read in the same history is at most M older than the question.
 * Otherwise the server proves in the transaction of the read that it still commits
 * (committed-read.ts).
 */
export class ReadRule {
  protected readonly options: ReadRuleOptions
  readonly #version: number

  /** Make it before the read is sent. */
  constructor(options: ReadRuleOptions) {
    this.options = options
    this.#version = options.history.version
  }

  /** Whether the read must be proved by a commit: ask before the read is sent. */
  needsProof(): boolean {
    return !this.options.holdsLease()
  }

  /** Whether the result of a plain read counts: ask when the result has come. */
  countsPlain(): boolean {
    return this.options.holdsLease() && this.options.history.version === this.#version
  }
}
