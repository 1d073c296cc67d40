import { type Change, parseChange } from '../domain/protocol/change.ts'
import { compareHistories, type History, type HistoryChange } from '../domain/protocol/history.ts'
import { type EpochSubject, InvalidationEpochs } from '../domain/protocol/invalidation-epochs.ts'
import {
  type Lease,
  leaseFrom,
  leaseHolds,
  leaseRemainingMs,
  type Moment,
} from '../domain/protocol/lease.ts'
import type { Position } from '../domain/protocol/position.ts'
import type { Reading } from '../domain/protocol/reading.ts'
import type { EdgeStreams } from './edge-streams.ts'
import type { Timing } from './timing.ts'

/** A sync cycle under way. */
export interface SyncCycle {
  /** From before the statement that reads the changes was sent. */
  readonly sentAt: Moment
}

/**
 * The database is not the one that this instance followed. `holdsPosition`: it holds the revision
 * that this instance has applied, with its id, and so all that came before it.
 */
export interface HistoryChanged {
  readonly kind: 'history_changed'
  readonly change: HistoryChange
  readonly holdsPosition: boolean
}

export type Received =
  /**
   * All changes are applied: reload the tag keys if they changed, acknowledge this revision,
   * confirm the cycle.
   */
  | { readonly kind: 'acknowledge'; readonly revision: number; readonly tagKeysChanged: boolean }
  | HistoryChanged
  /** The server may lag behind: what it read counts for nothing. */
  | { readonly kind: 'standby' }

export interface FreshnessOptions {
  /** How many invalidated keys and accounts are remembered by name. */
  readonly maxRemembered?: number
  /** Told in the same step of whatever is invalidated, and of what a cycle has applied. */
  readonly edges?: Pick<EdgeStreams, 'applied' | 'invalidated' | 'registered'> | undefined
}

/** The count of invalidations that a read is marked with. */
export type Epoch = number

/**
 * What an instance may answer from memory: its applied revision, its invalidation epochs and its
 * lease. Every method is synchronous. The follower changes this state; verification asks whether an
 * answer may rest on what was read before. docs/freshness.md has the reason for each rule.
 */
export class Freshness {
  readonly #timing: Timing
  readonly #epochs: InvalidationEpochs
  readonly #edges: FreshnessOptions['edges']
  #applied = 0
  #appliedId: string | null = null
  #history: History | null = null
  #lease: Lease | undefined
  #mayStore = false

  constructor(timing: Timing, { maxRemembered = 10_000, edges }: FreshnessOptions = {}) {
    this.#timing = timing
    this.#edges = edges
    this.#epochs = new InvalidationEpochs(maxRemembered, (changes) => edges?.invalidated(changes))
  }

  /** The revision up to which this instance has applied the changes. */
  get applied(): number {
    return this.#applied
  }

  /** The current epoch. Take it before the statement is sent whose result is to be kept. */
  get epoch(): Epoch {
    return this.#epochs.epoch
  }

  /** How much of the lease is left, in milliseconds; 0 when the lease has expired. */
  leaseRemaining(now: Moment): number {
    return this.#lease === undefined ? 0 : leaseRemainingMs(this.#lease, now)
  }

  /** Whether anything may be answered from memory now. */
  holdsLease(now: Moment): boolean {
    return this.#lease !== undefined && leaseHolds(this.#lease, now)
  }

  /**
   * Whether an answer may rest on a read of this epoch. Ask at the last synchronous step before the
   * answer.
   */
  mayAnswer(epoch: Epoch, of: EpochSubject, now: Moment): boolean {
    return this.holdsLease(now) && this.#epochs.isCurrent(epoch, of)
  }

  /** Whether a read of this epoch may be kept. What was read before the first lease may not. */
  mayStore(epoch: Epoch, of: EpochSubject): boolean {
    return this.#mayStore && this.#epochs.isCurrent(epoch, of)
  }

  /**
   * The registration was committed, with its position. What was read before is stale, and there is
   * no lease yet.
   */
  registered(at: Position): void {
    this.lose()
    this.#applied = at.revision
    this.#appliedId = at.id
    this.#history = at.history
    this.#edges?.registered(at.revision)
  }

  /** The position is the same in another history: what was read before is stale. */
  continuesIn(history: History | null): void {
    this.lose()
    this.#history = history
  }

  /** Call it before the statement of the cycle is sent. */
  beginCycle(sentAt: Moment): SyncCycle {
    return { sentAt }
  }

  /** Takes the result of the cycle's statement: applies the changes. */
  received(reading: Reading): Received {
    if (reading.inRecovery) return { kind: 'standby' }
    const change = this.#historyChange(reading)
    if (change !== undefined) {
      return { kind: 'history_changed', change, holdsPosition: this.#isHeldBy(reading) }
    }
    const tagKeysChanged = this.#applyAll(reading)
    this.#applied = reading.counter
    this.#appliedId = reading.counterId
    this.#edges?.applied(reading.counter, tagKeysChanged)
    return { kind: 'acknowledge', revision: reading.counter, tagKeysChanged }
  }

  /**
   * The acknowledgement was committed: the lease runs from before the cycle's statement was sent.
   */
  confirmed(cycle: SyncCycle): void {
    this.#lease = leaseFrom(cycle.sentAt, this.#timing.leaseMs)
    if (this.#mayStore) return
    // The first lease of a registration: what was read before it is not kept.
    this.#epochs.invalidateAll()
    this.#mayStore = true
  }

  /**
   * The registration is gone, or its position in the order of changes is: no lease until the next
   * one.
   */
  lose(): void {
    this.#lease = undefined
    this.#mayStore = false
    this.#epochs.invalidateAll()
  }

  /**
   * Invalidates what the changes name before a cycle reads them: for the changes that this process
   * commits.
   */
  invalidate(changes: readonly Change[]): void {
    this.#epochs.apply(changes)
  }

  #historyChange(reading: Reading): HistoryChange | undefined {
    if (reading.counter < this.#applied) return 'other_history'
    // The rows of the applied revision may have been pruned; then there is nothing to compare.
    const isComparable = this.#applied > reading.prunedUpTo
    if (isComparable && reading.appliedId !== this.#appliedId) return 'other_history'
    return compareHistories(this.#history, reading.history)
  }

  #isHeldBy(reading: Reading): boolean {
    if (this.#appliedId === null || reading.counter < this.#applied) return false
    return this.#applied > reading.prunedUpTo && reading.appliedId === this.#appliedId
  }

  /**
   * Invalidates what the changes name, or everything when one is missing or unknown. True: reload
   * the tag keys.
   */
  #applyAll(reading: Reading): boolean {
    if (reading.counter === this.#applied) return false
    const changes = reading.changes.map(parseChange).filter((change) => change !== undefined)
    const isWhole = this.#isGapless(reading) && changes.length === reading.changes.length
    this.#epochs.apply(isWhole ? changes : [{ kind: 'everything' }])
    return !isWhole || changes.some((change) => change.kind === 'tag_key')
  }

  /** Whether no revision is missing between the applied one and the counter. */
  #isGapless(reading: Reading): boolean {
    let next = this.#applied + 1
    for (const { revision } of reading.changes) {
      if (revision > next) return false
      if (revision === next) next += 1
    }
    return next === reading.counter + 1
  }
}
