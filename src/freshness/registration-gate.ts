/**
 * Keeps an instance without a lease until every other one knows of its registration: until each
 * other row of `instance` has applied the revision that the registration took. An instance that
 * finds its own position in another history then finds the row of everyone there who may answer
 * from memory.
 */
export class RegistrationGate {
  /** What the others must have applied; undefined when they have. */
  #revision: number | undefined

  get isOpen(): boolean {
    return this.#revision === undefined
  }

  /** The registration was committed, and took this revision. */
  registered(revision: number): void {
    this.#revision = revision
  }

  /** Takes every row but that of this instance, read after the registration was committed. */
  observe(others: readonly { readonly applied: number }[]): void {
    const revision = this.#revision
    if (revision === undefined) return
    if (others.every(({ applied }) => applied >= revision)) this.#revision = undefined
  }
}
