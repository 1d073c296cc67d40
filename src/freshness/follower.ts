import type { Reading } from '../domain/protocol/reading.ts'
import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import { StandbyError } from '../store/faults.ts'
import { ask, type Steps } from './coroutine.ts'
import type { HistoryChanged, SyncCycle } from './freshness.ts'
import { KnownRevisions } from './known-revisions.ts'
import { Registrant } from './registrant.ts'

/**
 * The protocol of one instance, from its start to its end: docs/freshness.md has the state diagram
 * and the reason for each rule. Freshness and the current history change in the step in which a
 * result comes, so no verification meets a state between two rules.
 */
export class Follower extends Registrant {
  readonly #knownRevisions = new KnownRevisions()
  #detectedAt = Number.NEGATIVE_INFINITY
  #confirmed = 0
  #confirmedAt = Number.NEGATIVE_INFINITY

  /** How many sync cycles were confirmed. */
  get confirmed(): number {
    return this.#confirmed
  }

  /** When the latest confirmed sync cycle began, on the monotonic clock. */
  get confirmedAt(): number {
    return this.#confirmedAt
  }

  /**
   * Since when this instance has known that a revision is committed: `now`, if it did not.
   * Monotonic.
   */
  learn(committed: RevisionRef, now: number): number {
    return this.#knownRevisions.learn(committed.id, now)
  }

  protected override *end(isConnected: boolean): Steps<void> {
    this.options.freshness.lose()
    if (!isConnected) return
    try {
      yield* this.deregister()
    } catch (error) {
      this.options.log.deregistrationFailed(error)
    }
  }

  /** One sync cycle. False: the next one follows at once, because this instance registers again. */
  protected override *cycle(): Steps<boolean> {
    if (!this.isRegistered && !(yield* this.register())) return true
    const { freshness } = this.options
    const cycle = freshness.beginCycle(this.now)
    const { reading } = yield* ask({ kind: 'load_feed', applied: freshness.applied })
    return yield* this.apply(cycle, reading)
  }

  /** Applies what a cycle read, in the step in which it came, and acknowledges it. */
  protected *apply(cycle: SyncCycle, reading: Reading): Steps<boolean> {
    const received = this.options.freshness.received(reading)
    switch (received.kind) {
      case 'standby':
        throw new StandbyError()
      case 'history_changed':
        return yield* this.#meet(received, reading)
      case 'acknowledge':
        this.areTagKeysOld ||= received.tagKeysChanged
        if (this.areTagKeysOld) {
          yield* this.reloadTagKeys()
          this.options.edges?.tagKeysReloaded(received.revision)
        }
        this.areTagKeysOld = false
        for (const change of reading.changes) this.learn(change, this.now.monotonic)
        return yield* this.acknowledge(cycle, received.revision)
    }
  }

  /**
   * Goes on in another history, in the row that this instance has there, or registers again with
   * the next cycle; with an empty cache and without a lease either way.
   */
  *#meet(received: HistoryChanged, { history }: Reading): Steps<boolean> {
    const continues = this.continues(received)
    yield* this.prove()
    if (continues) {
      this.leaveHistory(received.change, true)
      this.continueIn(history)
    } else {
      this.loseTrust()
      this.leaveHistory(received.change, false)
      this.forget()
    }
    return false
  }

  /** Whether another history surely holds the row of every instance that holds a lease. */
  protected continues({ holdsPosition }: HistoryChanged): boolean {
    return holdsPosition && this.trust.isSurelyRegistered(this.now)
  }

  /**
   * A server of another history is followed only once it commits: until then this instance is like
   * one that has not met it, and its lease goes on. A promoted primary may wait for its first
   * synchronous standby; a deposed one waits for ever.
   */
  protected *prove(): Steps<void> {
    yield* ask({ kind: 'prove' })
  }

  protected *reloadTagKeys(): Steps<void> {
    yield* ask({ kind: 'reload_tag_keys' })
  }

  protected *acknowledge(cycle: SyncCycle, revision: number): Steps<boolean> {
    const { log, pollIntervalMs } = this.options
    if (!(yield* this.write(revision))) return this.forget()
    log.cycleConfirmed(this.now.monotonic)
    this.#confirmed += 1
    this.#confirmedAt = cycle.sentAt.monotonic
    const wasKnown = this.isKnownToAll
    if (wasKnown) this.#lease(cycle)
    // Not more often than an instance polls: announced changes cause many cycles.
    if (wasKnown && this.now.monotonic - this.#detectedAt < pollIntervalMs) return true
    yield* this.detectFailures(this.id)
    this.#detectedAt = this.now.monotonic
    if (wasKnown) return true
    if (this.isKnownToAll) this.#lease(cycle)
    else log.waiting()
    return true
  }

  #lease(cycle: SyncCycle): void {
    this.options.freshness.confirmed(cycle)
    this.trust.leased(cycle.sentAt)
  }
}
