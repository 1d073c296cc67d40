import type { AttachedEdge } from '../../freshness/attached-edge.ts'
import { type EdgeAuthority, logFault } from './edge-authority.ts'
import type { EdgesDeps } from './edges-deps.ts'

/** Answers the beats of one edge: with a lease only if its key may verify now. */
export class EdgeGrants {
  readonly #deps: EdgesDeps
  readonly #authority: EdgeAuthority
  readonly #attached: AttachedEdge
  #lastBeat = 0
  #restoring: Promise<void> | undefined

  constructor(deps: EdgesDeps, authority: EdgeAuthority, attached: AttachedEdge) {
    this.#deps = deps
    this.#authority = authority
    this.#attached = attached
  }

  /** False: the beat is out of order. */
  beat(number: number): boolean {
    if (number <= this.#lastBeat) return false
    this.#lastBeat = number
    // Past the lease of the instance nothing is granted, and nobody is authorized for nothing.
    if (this.#deps.cache.isLeaseExpired()) this.#attached.beat(number)
    else this.#grant(number)
    return true
  }

  /** Authorizes a suspended edge, and resumes it. An outage leaves it suspended until it beats. */
  restore(): Promise<void> {
    this.#restoring ??= this.#restore().finally(() => {
      this.#restoring = undefined
    })
    return this.#restoring
  }

  #grant(number: number): void {
    if (!this.#attached.isSuspended) this.#renewFromMemory()
    const grant = () => this.#attached.beat(number, this.#authority.validForMs)
    if (this.#attached.isSuspended) void this.restore().then(grant)
    else grant()
  }

  /** Suspends an edge that memory alone does not authorize. */
  #renewFromMemory(): void {
    try {
      this.#authority.renewFromMemory()
    } catch (error) {
      logFault(this.#deps, error)
    }
    if (!this.#authority.isCurrent) this.#attached.suspend()
  }

  async #restore(): Promise<void> {
    try {
      do await this.#authority.renew()
      while (!this.#authority.isCurrent && !this.#deps.cache.isLeaseExpired())
      if (this.#authority.isCurrent) this.#attached.resume()
    } catch (error) {
      logFault(this.#deps, error)
    }
  }
}
