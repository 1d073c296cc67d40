import type { Change } from '../protocol/change.ts'
import { type EpochSubject, InvalidationEpochs } from '../protocol/invalidation-epochs.ts'
import {
  type Lease,
  leaseFrom,
  leaseHolds,
  leaseRemainingMs,
  type Moment,
} from '../protocol/lease.ts'

interface Entry<Facts> {
  readonly facts: Facts
  readonly epoch: number
}

/** How many invalidated keys and accounts are remembered by name. */
const maxRemembered = 10_000

/**
 * What a process outside of the service may answer from memory: the facts that an instance has told
 * it, under a lease that is nested in that of the instance. Every method is synchronous. Messages
 * have no epochs, only their order: call the methods in the order in which the messages came.
 */
export class Edge<Facts extends EpochSubject> {
  readonly #maxEntries: number
  readonly #epochs = new InvalidationEpochs(maxRemembered)
  /** By digest, the one that was used last at the end. */
  readonly #entries = new Map<string, Entry<Facts>>()
  /** When each beat that is not answered was sent. */
  readonly #beatSentAt = new Map<number, Moment>()
  #lastBeat = 0
  #lease: Lease | undefined

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  /** How many entries it has, stale ones included. */
  get size(): number {
    return this.#entries.size
  }

  /** The count of invalidations that it has applied. */
  get epoch(): number {
    return this.#epochs.epoch
  }

  holdsLease(now: Moment): boolean {
    return this.#lease !== undefined && leaseHolds(this.#lease, now)
  }

  /** How long it may answer from now on, in milliseconds. */
  leaseRemainingMs(now: Moment): number {
    return this.#lease === undefined ? 0 : leaseRemainingMs(this.#lease, now)
  }

  /** Whether what was learned of a key in this epoch still holds, under the lease. */
  isCurrent(epoch: number, of: EpochSubject, now: Moment): boolean {
    return this.holdsLease(now) && this.#epochs.isCurrent(epoch, of)
  }

  /**
   * The facts that answer a token, by its digest. Ask in the last synchronous step before the
   * answer, and judge them then.
   */
  recall(digest: string, now: Moment): Facts | undefined {
    const entry = this.#entries.get(digest)
    if (entry === undefined || !this.isCurrent(entry.epoch, entry.facts, now)) return undefined
    // Until it is half full, nothing that is in use is near its end.
    if (this.#entries.size * 2 > this.#maxEntries) this.#insert(digest, entry)
    return entry.facts
  }

  /** A new stream: what an earlier one told, nobody corrects any more. */
  attached(): void {
    this.dropAll()
    this.#beatSentAt.clear()
  }

  /** Drops everything, the lease too. */
  dropAll(): void {
    this.#lease = undefined
    this.#entries.clear()
    this.#epochs.invalidateAll()
  }

  /** Notes both clocks; send the beat with this number after that. */
  beat(now: Moment): number {
    this.#lastBeat += 1
    this.#beatSentAt.set(this.#lastBeat, now)
    return this.#lastBeat
  }

  /** The lease runs from when its beat was sent: a grant that comes late is worth what is left. */
  granted(beat: number, leaseMs: number): void {
    const sentAt = this.#beatSentAt.get(beat)
    if (sentAt === undefined) return
    for (const number of this.#beatSentAt.keys())
      if (number <= beat) this.#beatSentAt.delete(number)
    if (leaseMs > 0) this.#lease = leaseFrom(sentAt, leaseMs)
  }

  /** Applies an invalidation; returns the number to confirm. */
  invalidated(sequence: number, changes: readonly Change[]): number {
    this.#epochs.apply(changes)
    return sequence
  }

  /** Its caller is judged anew: it answers nobody without a later grant. */
  suspended(sequence: number): number {
    this.#lease = undefined
    return sequence
  }

  /** Keeps facts that came with an answer. */
  keep(digest: string, facts: Facts): void {
    this.#insert(digest, { facts, epoch: this.#epochs.epoch })
    const [oldest] = this.#entries.keys()
    const isFull = this.#entries.size > this.#maxEntries
    if (isFull && oldest !== undefined) this.#entries.delete(oldest)
  }

  #insert(digest: string, entry: Entry<Facts>): void {
    this.#entries.delete(digest)
    this.#entries.set(digest, entry)
  }
}
