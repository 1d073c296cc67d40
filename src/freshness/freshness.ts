import { type Change, parseChange } from '../domain/protocol/change.ts'
import { compareHistories, type History, type HistoryChange } from '../domain/protocol/history.ts'
import type { Position } from '../domain/protocol/position.ts'
import type { Reading } from '../domain/protocol/reading.ts'
import { type EpochSubject, InvalidationEpochs } from './invalidation-epochs.ts'
import { type Lease, leaseFrom, leaseHolds, type Moment } from './lease.ts'
import type { Timing } from './timing.ts'

/** A round under way: what it was begun with. */
export interface SyncCycle {
  readonly registration: number
  readonly sentAt: Moment
}

export type Received =
  /** All changes are applied: read the tag keys again if they changed, acknowledge this revision, then confirm the round. */
  | { readonly kind: 'acknowledge'; readonly revision: number; readonly tagKeysChanged: boolean }
  /** The database is not the one that we followed: register anew. */
  | { readonly kind: 'history_changed'; readonly change: HistoryChange }
  /** The server may lag: its answer counts for nothing. */
  | { readonly kind: 'standby' }
  /** The round was begun in an earlier registration. */
  | { readonly kind: 'void' }

/** A place to which reads are stamped, or undefined while nothing that is read may be kept. */
export type Epoch = number

/**
 * The protocol of one instance, without its I/O: a state machine whose every step is synchronous. The
 * driver sends what it says and tells it what came back; verification asks it whether an answer may
 * rest on what was read before. docs/freshness.md says why each rule is there.
 */
export class Freshness {
  readonly #timing: Timing
  readonly #fence: InvalidationEpochs
  #registration = 0
  #applied = 0
  #appliedId: string | null = null
  #history: History | null = null
  #lease: Lease | undefined
  #mayStore = false

  constructor(timing: Timing, maxRemembered = 10_000) {
    this.#timing = timing
    this.#fence = new InvalidationEpochs(maxRemembered)
  }

  /** The revision up to which this instance has applied the changes. */
  get applied(): number {
    return this.#applied
  }

  /** Take it before the statement is sent whose result is to be kept. */
  get epoch(): Epoch {
    return this.#fence.epoch
  }

  /** How much of the lease is left, in milliseconds; 0 when it has lapsed. */
  leaseRemaining(now: Moment): number {
    if (this.#lease === undefined || !leaseHolds(this.#lease, now)) return 0
    return Math.min(this.#lease.untilMonotonic - now.monotonic, this.#lease.untilWall - now.wall)
  }

  /** Whether anything may be answered from memory now. */
  holdsLease(now: Moment): boolean {
    return this.#lease !== undefined && leaseHolds(this.#lease, now)
  }

  /** Whether an answer may rest on a read with this stamp. Ask at the last synchronous step before the answer. */
  mayAnswer(epoch: Epoch, of: EpochSubject, now: Moment): boolean {
    return this.holdsLease(now) && this.#fence.isCurrent(epoch, of)
  }

  /** Whether a read with this stamp may be kept: nothing read before the first lease is. */
  mayStore(epoch: Epoch, of: EpochSubject): boolean {
    return this.#mayStore && this.#fence.isCurrent(epoch, of)
  }

  /**
   * The registration was committed: it took its place from the counter in the same statement. What was
   * read before is overtaken, and there is no lease yet.
   */
  registered(at: Position): void {
    this.lose()
    this.#applied = at.revision
    this.#appliedId = at.id
    this.#history = at.history
  }

  /** Before the round's statement is sent. */
  beginCycle(sentAt: Moment): SyncCycle {
    return { registration: this.#registration, sentAt }
  }

  /** The answer to the round's statement: applies the changes. */
  received(round: SyncCycle, reading: Reading): Received {
    if (round.registration !== this.#registration) return { kind: 'void' }
    if (reading.inRecovery) return { kind: 'standby' }
    const change = this.#historyChange(reading)
    if (change !== undefined) return { kind: 'history_changed', change }
    const tagKeysChanged = this.#applyAll(reading)
    this.#applied = reading.counter
    this.#appliedId = reading.counterId
    return { kind: 'acknowledge', revision: reading.counter, tagKeysChanged }
  }

  /** The commit of the acknowledgement is confirmed: the lease runs from before the round's statement. */
  confirmed(round: SyncCycle): void {
    if (round.registration !== this.#registration) return
    this.#lease = leaseFrom(round.sentAt, this.#timing.leaseMs)
    if (this.#mayStore) return
    // The first lease of a registration: fills begun before it are not kept.
    this.#fence.invalidateAll()
    this.#mayStore = true
  }

  /** The registration is gone, or its place in the order cannot be trusted: silence until the next one. */
  lose(): void {
    this.#registration += 1
    this.#lease = undefined
    this.#mayStore = false
    this.#fence.invalidateAll()
  }

  /** Overtakes what a change names before a round brings it: for the changes that this process commits itself. */
  invalidate(changes: readonly Change[]): void {
    this.#fence.apply(changes)
  }

  #historyChange(reading: Reading): HistoryChange | undefined {
    if (reading.counter < this.#applied) return 'other_history'
    // The rows of what we had applied may have been pruned; then there is nothing to compare.
    const isComparable = this.#applied > reading.floor
    if (isComparable && reading.appliedId !== this.#appliedId) return 'other_history'
    return compareHistories(this.#history, reading.history)
  }

  /** Overtakes what the changes name, or everything when one is missing or unknown. Tells whether the tag keys changed. */
  #applyAll(reading: Reading): boolean {
    if (reading.counter === this.#applied) return false
    const changes = reading.changes.map(parseChange).filter((change) => change !== undefined)
    const isWhole = this.#isGapless(reading) && changes.length === reading.changes.length
    this.#fence.apply(isWhole ? changes : [{ kind: 'everything' }])
    return !isWhole || changes.some((change) => change.kind === 'tag_key')
  }

  /** Whether nothing is missing between what we had applied and what was read. */
  #isGapless(reading: Reading): boolean {
    let next = this.#applied + 1
    for (const { revision } of reading.changes) {
      if (revision > next) return false
      if (revision === next) next += 1
    }
    return next === reading.counter + 1
  }
}
