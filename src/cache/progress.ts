/**
 * When this instance reached which revision, on its own monotonic clock, for as long as it matters: a
 * receipt completes a watch after its evaluator learnt of the commit.
 */
export class Progress {
  readonly #keepMs: number
  /** In order of both. */
  #steps: { readonly revision: number; readonly at: number }[] = []

  constructor(keepMs: number) {
    this.#keepMs = keepMs
  }

  reached(revision: number, at: number): void {
    const last = this.#steps.at(-1)
    if (last !== undefined && last.revision > revision) this.#steps = []
    if (last === undefined || last.revision !== revision) this.#steps.push({ revision, at })
    // The newest of those that are old enough stands for all before it.
    while ((this.#steps[1]?.at ?? at) < at - this.#keepMs) this.#steps.shift()
  }

  /** The moment when a revision was known to be committed: now, if it has not been reached. */
  learntAt(revision: number, now: number): number {
    return this.#steps.find((step) => step.revision >= revision)?.at ?? now
  }
}
