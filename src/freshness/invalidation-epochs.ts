import type { Change } from '../domain/protocol/change.ts'

/** Whose reads a fence judges: a key, by its id and its account. */
export interface EpochSubject {
  readonly id: string
  readonly accountId: string
}

/**
 * Tells whether what was read from the database may still be used. Each change takes the next place in
 * one order; a read is stamped with the place reached before its statement was sent, and is good as
 * long as no later change names its key or its account. So a read that was under way when a change
 * came is never taken for one that saw the change.
 *
 * Only the latest `maxRemembered` changes are kept by name. What is forgotten raises the floor, below
 * which every stamp is too old.
 */
export class InvalidationEpochs {
  readonly #maxRemembered: number
  readonly #lastOfKey = new Map<string, number>()
  readonly #lastOfAccount = new Map<string, number>()
  #applied = 0
  #floor = 0

  constructor(maxRemembered: number) {
    this.#maxRemembered = maxRemembered
  }

  /** The place reached: take it before a statement is sent. */
  get epoch(): number {
    return this.#applied
  }

  isCurrent(epoch: number, of: EpochSubject): boolean {
    // Nothing has come since.
    if (epoch === this.#applied) return true
    return (
      epoch >= this.#floor &&
      epoch >= (this.#lastOfKey.get(of.id) ?? 0) &&
      epoch >= (this.#lastOfAccount.get(of.accountId) ?? 0)
    )
  }

  apply(changes: readonly Change[]): void {
    if (changes.some((change) => change.kind === 'everything')) {
      this.invalidateAll()
      return
    }
    if (changes.length === 0) return
    this.#applied += 1
    for (const change of changes) {
      if (change.kind === 'key') this.#remember(this.#lastOfKey, change.id)
      if (change.kind === 'account') this.#remember(this.#lastOfAccount, change.id)
    }
  }

  /** Overtakes every read so far, those under way included. */
  invalidateAll(): void {
    this.#applied += 1
    this.#floor = this.#applied
    this.#lastOfKey.clear()
    this.#lastOfAccount.clear()
  }

  /** Set anew at the end, so that a map's first entry is always its oldest change. */
  #remember(last: Map<string, number>, id: string): void {
    last.delete(id)
    last.set(id, this.#applied)
    if (last.size <= this.#maxRemembered) return
    for (const [oldest, place] of last) {
      last.delete(oldest)
      this.#floor = Math.max(this.#floor, place)
      return
    }
  }
}
