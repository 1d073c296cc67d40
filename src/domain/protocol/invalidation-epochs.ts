import type { Change } from './change.ts'

/** What was read: a key, a person or a session, by its id and its account. */
export interface EpochSubject {
  readonly id: string
  readonly accountId: string
}

/**
 * Decides whether what was read from the database may still be used. Each invalidation is the
 * next epoch. A read is marked with the epoch from before its statement was sent, and is current
 * while no later invalidation names it or its account. So a read that was under way when a
 * change came is never taken for one that saw the change.
 *
 * Only the latest `maxRemembered` keys, persons and sessions, and as many accounts, are
 * remembered by name. What is forgotten raises the minimum epoch: a read of an earlier epoch is
 * stale, whatever it is of.
 */
export class InvalidationEpochs {
  readonly #maxRemembered: number
  /** Of keys, persons and sessions. Their ids are UUIDs, so that no two have the same id. */
  readonly #lastOfId = new Map<string, number>()
  readonly #lastOfAccount = new Map<string, number>()
  #epoch = 0
  #minimumEpoch = 0

  readonly #onInvalidated: (changes: readonly Change[]) => void

  /** `onInvalidated` is told of each invalidation in the same step. */
  constructor(
    maxRemembered: number,
    onInvalidated: (changes: readonly Change[]) => void = () => undefined,
  ) {
    this.#maxRemembered = maxRemembered
    this.#onInvalidated = onInvalidated
  }

  /** The latest epoch: take it before a statement is sent. */
  get epoch(): number {
    return this.#epoch
  }

  /** Whether no invalidation since the epoch names the subject, its account or everything. */
  isCurrent(epoch: number, of: EpochSubject): boolean {
    // Nothing was invalidated since.
    if (epoch === this.#epoch) return true
    return (
      epoch >= this.#minimumEpoch &&
      epoch >= (this.#lastOfId.get(of.id) ?? 0) &&
      epoch >= (this.#lastOfAccount.get(of.accountId) ?? 0)
    )
  }

  /** Makes what the changes name stale: one epoch for all of them. */
  apply(changes: readonly Change[]): void {
    if (changes.some((change) => change.kind === 'everything')) {
      this.invalidateAll()
      return
    }
    if (changes.length === 0) return
    this.#epoch += 1
    for (const change of changes) {
      if (change.kind === 'account') this.#remember(this.#lastOfAccount, change.id)
      else if ('id' in change) this.#remember(this.#lastOfId, change.id)
    }
    this.#onInvalidated(changes)
  }

  /** Makes every read so far stale, those under way included. */
  invalidateAll(): void {
    this.#epoch += 1
    this.#minimumEpoch = this.#epoch
    this.#lastOfId.clear()
    this.#lastOfAccount.clear()
    this.#onInvalidated([{ kind: 'everything' }])
  }

  /** Inserts at the end, so that the first entry of a map is always its oldest. */
  #remember(last: Map<string, number>, id: string): void {
    last.delete(id)
    last.set(id, this.#epoch)
    if (last.size <= this.#maxRemembered) return
    const [oldest = '', epoch = 0] = last.entries().next().value ?? []
    last.delete(oldest)
    this.#minimumEpoch = Math.max(this.#minimumEpoch, epoch)
  }
}
