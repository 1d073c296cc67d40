import type { DismissalReason, ToEdge } from '../domain/edge/edge-message.ts'
import { type Change, nameSubject } from '../domain/protocol/change.ts'
import type { EpochSubject } from '../domain/protocol/invalidation-epochs.ts'
import type { Moment } from '../domain/protocol/lease.ts'

export interface EdgeRules {
  /** The longest lease of an edge. */
  readonly leaseMs: number
  readonly now: () => Moment
  /** What is left of the lease of the instance. */
  readonly leaseRemaining: (now: Moment) => number
}

/** What an edge answers to: the key by which its process authenticated. */
export interface EdgeCaller {
  readonly key: EpochSubject
  /** Called in the step in which the edge is suspended. */
  readonly onSuspended: () => void
}

/** The share of a lease that surely is left of it on another clock: clocks run within 10 %. */
const nested = 0.9 / 1.1
/** How long an edge is counted that was granted a lease of this length, on any other clock. */
export function countedMs(leaseMs: number): number {
  return leaseMs / nested
}

/** How long an edge may leave something unconfirmed and still be granted a lease. */
const patienceMs = 1_000

/** One stream to an edge, as its instance sees it. */
export class AttachedEdge {
  protected readonly rules: EdgeRules
  readonly #send: (message: ToEdge<never>) => void
  readonly #caller: EdgeCaller | undefined
  /** When each invalidation that is not confirmed was sent, by its number. */
  readonly #unconfirmed = new Map<number, number>()
  #sequence = 0
  #confirmed = 0
  #countedUntil = Number.NEGATIVE_INFINITY
  #isClosed = false
  #isDismissed = false
  #isSuspended = false

  constructor(rules: EdgeRules, send: (message: ToEdge<never>) => void, caller?: EdgeCaller) {
    this.rules = rules
    this.#send = send
    this.#caller = caller
  }

  /** When its lease has surely ended, on the monotonic clock of the instance. */
  get countedUntil(): number {
    return this.#countedUntil
  }

  /** Whether it may answer from memory. That its stream is closed proves nothing. */
  get isCounted(): boolean {
    return this.rules.now().monotonic < this.#countedUntil
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** When the oldest message was sent that it has not confirmed; undefined: it has all. */
  get unconfirmedSince(): number | undefined {
    if (this.#unconfirmed.size === 0) return undefined
    for (const sentAt of this.#unconfirmed.values()) return sentAt
    return undefined
  }

  /** Whether facts may be sent to it. */
  get mayKeep(): boolean {
    return !this.#isClosed && !this.#isDismissed && !this.#isSuspended
  }

  /** The number that it has to confirm to have applied all that was sent; 0: it has. */
  get awaits(): number {
    return this.#sequence > this.#confirmed ? this.#sequence : 0
  }

  /** Whether it may still answer by what this invalidation names. */
  holdsUp(sequence: number): boolean {
    return this.#confirmed < sequence && this.isCounted
  }

  /** An edge whose stream is closed may still answer by what this names: it never confirms. */
  invalidate(changes: readonly Change[]): void {
    const sequence = this.#nextSequence()
    if (!this.#isClosed) this.#send({ kind: 'invalidated', sequence, changes })
    if (this.#caller !== undefined && nameSubject(changes, this.#caller.key)) this.suspend()
  }

  /** Its caller may have lost its rights: it answers nobody until it is authorized again. */
  suspend(): void {
    if (this.#isSuspended) return
    this.#isSuspended = true
    const sequence = this.#nextSequence()
    if (this.#isClosed) return
    this.#send({ kind: 'suspended', sequence })
    this.#caller?.onSuspended()
  }

  get isSuspended(): boolean {
    return this.#isSuspended
  }

  /** Its caller was authorized again: the next beats are granted. */
  resume(): void {
    this.#isSuspended = false
  }

  /** A beat came: grants a lease within that of the instance. */
  beat(beat: number, atMostMs = Number.POSITIVE_INFINITY): void {
    if (this.#isClosed || this.#isDismissed) return
    const now = this.rules.now()
    const leaseMs = this.#mayGrant(now) ? Math.min(this.#longestMs(now), atMostMs) : 0
    this.#countedUntil = Math.max(this.#countedUntil, now.monotonic + countedMs(leaseMs))
    this.#send({ kind: 'granted', beat, leaseMs, wallMs: now.wall })
  }

  /** False: it confirms what was not sent, or again. */
  confirm(sequence: number): boolean {
    if (sequence > this.#sequence || sequence <= this.#confirmed) return false
    this.#confirmed = sequence
    for (const number of this.#unconfirmed.keys()) {
      if (number <= sequence) this.#unconfirmed.delete(number)
    }
    return true
  }

  /** It has dropped everything, and answers no more. */
  gone(): void {
    this.#countedUntil = Number.NEGATIVE_INFINITY
    this.#isClosed = true
  }

  /** Its stream is closed: it may still answer until its lease ends. */
  closed(): void {
    this.#isClosed = true
  }

  /** It gets no lease and no facts any more, and is asked to say that it has gone. */
  dismiss(reason: DismissalReason): void {
    if (this.#isClosed || this.#isDismissed) return
    this.#isDismissed = true
    this.#send({ kind: 'dismissed', reason })
  }

  #nextSequence(): number {
    this.#sequence += 1
    if (!this.#isClosed) this.#unconfirmed.set(this.#sequence, this.rules.now().monotonic)
    return this.#sequence
  }

  /** An edge that beats and never confirms would hold up every receipt. */
  #mayGrant({ monotonic }: Moment): boolean {
    if (this.#isSuspended) return false
    const since = this.unconfirmedSince
    return since === undefined || monotonic - since <= patienceMs
  }

  #longestMs(now: Moment): number {
    return Math.min(this.rules.leaseMs, nested * this.rules.leaseRemaining(now))
  }
}
