import type { HistoryChange } from '../domain/protocol/history.ts'
import type { Position } from '../domain/protocol/position.ts'
import { ask, type Steps } from './coroutine.ts'
import { CycleLoop, type CycleLoopOptions } from './cycle-loop.ts'
import { noEdges } from './edge-counts.ts'
import type { EdgeStreams } from './edge-streams.ts'
import type { UnresponsiveInstance } from './failure-detector.ts'
import { Peers } from './peers.ts'
import { ReceiptTrust } from './receipt-trust.ts'
import type { Timing } from './timing.ts'

export interface FollowerOptions extends CycleLoopOptions {
  /** Random, one a call. */
  readonly newId: () => string
  /** Decides which connections of the pool are admitted. */
  readonly history: {
    follow(history: Position['history']): void
    forget(): void
    leave(): void
  }
  readonly timing: Timing
  /** Absent: no edge may answer by what this instance has told it. */
  readonly edges?:
    | Pick<
        EdgeStreams,
        'acknowledgeable' | 'dismissAll' | 'releasedInMs' | 'tagKeysReloaded' | 'count'
      >
    | undefined
}

/**
 * What an instance does about its row in the table `instance`, and about the rows of the others:
 * registers, writes, evicts, and follows the history that its row is in. When to register, and when
 * again, the follower decides.
 */
export abstract class Registrant extends CycleLoop {
  protected override readonly options: FollowerOptions
  protected readonly trust: ReceiptTrust
  protected isRegistered = false
  /** Whether the tag keyring may lack a change that no cycle will read. */
  protected areTagKeysOld = false
  readonly #peers: Peers
  #id: string | undefined
  #historiesMet = 0
  /** What was logged of the change of history that this instance is going through. */
  #logged: 'continues' | 'breaks' | undefined

  constructor(options: FollowerOptions) {
    super(options)
    this.options = options
    const { failureDetector, log, timing } = options
    this.#peers = new Peers({ failureDetector, maxStalenessMs: timing.maxStalenessMs, log })
    this.trust = new ReceiptTrust(timing)
  }

  /** The id of the latest registration; undefined before the first. */
  get id(): string | undefined {
    return this.#id
  }

  /**
   * The id under which this instance is known to be registered. While a registration is under way
   * its row may be there already; in which history the row is comes with the result.
   */
  get registeredId(): string | undefined {
    return this.isRegistered ? this.#id : undefined
  }

  /**
   * Whether history changed so lately that the rows of instances complete no receipt. `now` is
   * monotonic.
   */
  completesOnlyByTime(now: number): boolean {
    return this.trust.isLost(now)
  }

  /** How often this instance has met another history. */
  get historiesMet(): number {
    return this.#historiesMet
  }

  /** Whether it is registered, and holds no lease until every other instance knows that. */
  override get isWaiting(): boolean {
    return this.isRegistered && !this.isKnownToAll
  }

  /** Whether every other instance knows of the registration of this one; see RegistrationGate. */
  protected get isKnownToAll(): boolean {
    return this.#peers.gate.isOpen
  }

  /** How long a lease can last that is older than a commit; see Peers. */
  failureTimeoutMs(instances: readonly { readonly maxStalenessMs: number }[] = []): number {
    return this.#peers.failureTimeoutMs(instances)
  }

  /**
   * Each registration has an id of its own. A statement of an earlier registration that arrives
   * late, on a connection that was given up, then neither deletes the row of this one nor renews
   * it. False while this instance stands by: the time after which a receipt is complete holds for
   * leases of one length, so no two instances may hold leases of different lengths. The instance
   * looks after its registration too: of two that register at once, at least one sees the other.
   */
  protected *register(): Steps<boolean> {
    // The row of an earlier registration would hold receipts up until another instance evicts it.
    yield* this.deregister()
    if (yield* this.detectFailures(undefined)) return this.standBy()
    const id = this.options.newId()
    this.#id = id
    const { position } = yield* ask({ kind: 'register', id })
    this.#peers.gate.registered(position.revision)
    if (yield* this.detectFailures(id)) {
      yield* this.deregister()
      return this.standBy()
    }
    this.#registered(position)
    return true
  }

  protected *deregister(): Steps<void> {
    if (this.#id === undefined) return
    yield* this.releaseEdges()
    yield* ask({ kind: 'deregister', id: this.#id })
  }

  /** Without its row, no receipt would wait for the edges of this instance. */
  protected *releaseEdges(): Steps<void> {
    const { edges } = this.options
    edges?.dismissAll('stopping')
    for (let ms = edges?.releasedInMs(this.now) ?? 0; ms > 0; ) {
      yield* ask({ kind: 'sleep', ms })
      ms = edges?.releasedInMs(this.now) ?? 0
    }
  }

  protected standBy(): boolean {
    this.options.log.standingBy()
    return false
  }

  #registered(position: Position): void {
    const change = this.trust.registeredIn(position.history)
    if (change !== undefined) {
      this.loseTrust()
      this.leaveHistory(change, false)
    }
    this.options.freshness.registered(position)
    this.#follow(position.history)
  }

  /** The registration goes on in another history. */
  protected continueIn(history: Position['history']): void {
    this.trust.continuesIn(history)
    this.options.freshness.continuesIn(history)
    this.#follow(history)
  }

  #follow(history: Position['history']): void {
    this.#logged = undefined
    this.options.history.follow(history)
    this.isRegistered = true
    // No cycle reads a change of the tag keys from before the position, or one that was lost.
    this.areTagKeysOld = true
  }

  protected loseTrust(): void {
    this.trust.lose(this.now.monotonic, this.failureTimeoutMs())
  }

  /** Writes the row of this instance. False when the row is gone: another instance evicted it. */
  protected *write(revision: number): Steps<boolean> {
    const id = this.#id
    if (id === undefined) return false
    // The heartbeat and the lease of this instance do not wait for its edges.
    const { edges } = this.options
    const { isKnown } = yield* ask({
      kind: 'acknowledge',
      id,
      revision: edges?.acknowledgeable(revision) ?? revision,
      edges: edges?.count(revision) ?? noEdges(revision),
    })
    if (!isKnown) this.options.log.evicted(id)
    return isKnown
  }

  /**
   * Reads the heartbeats of the other instances, evicts those that are unresponsive, and returns
   * whether one of the others has another MAX_STALENESS_MS.
   */
  protected *detectFailures(ownId: string | undefined): Steps<boolean> {
    const { rows } = yield* ask({ kind: 'load_heartbeats' })
    const look = this.#peers.observe(rows, ownId, this.now.monotonic)
    yield* this.evict(look.unresponsive)
    return look.doStalenessesDiffer
  }

  protected *evict(unresponsive: readonly UnresponsiveInstance[]): Steps<void> {
    for (const { id, heartbeat } of unresponsive) {
      const { isEvicted } = yield* ask({ kind: 'evict', id, heartbeat })
      if (isEvicted) this.options.log.evictedAnother(id)
    }
  }

  /** A change that a cycle meets is logged then, and not again by the registration that follows. */
  protected leaveHistory(change: HistoryChange, continues: boolean): void {
    const { failureDetector, freshness, history, log } = this.options
    failureDetector.reset()
    this.#historiesMet += 1
    history.leave()
    if (this.#logged === undefined || (this.#logged === 'continues' && !continues))
      log.historyChanged(change, freshness.applied, continues)
    this.#logged = continues ? 'continues' : 'breaks'
  }

  protected forget(): false {
    this.options.freshness.lose()
    this.options.history.forget()
    this.isRegistered = false
    return false
  }
}
