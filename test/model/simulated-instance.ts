import type { Change } from '../../src/domain/protocol/change.ts'
import type { RevisionRef } from '../../src/domain/protocol/revision-ref.ts'
import type { EdgeStreams } from '../../src/freshness/edge-streams.ts'
import { FreshnessLog } from '../../src/freshness/freshness-log.ts'
import type { Act } from './acts.ts'
import { SimulatedDriver } from './driver.ts'
import { AttachedStreams } from './edges/attached-streams.ts'
import { edgeLeaseMs } from './edges/lease.ts'
import type { Down, Up } from './edges/simulated-edge.ts'
import type { Stream } from './edges/stream.ts'
import type { Environment } from './environment.ts'
import { SimulatedKeyring } from './keyring.ts'
import { keys } from './keys.ts'
import type { Link } from './link.ts'
import type { Machine } from './machine.ts'
import type { Node } from './node.ts'
import { Process } from './process.ts'
import type { Protocol } from './protocol.ts'
import { SimulatedReceipts } from './receipts.ts'
import type { SimulatedToken } from './tokens.ts'
import { Verifications } from './verifications.ts'

export interface SimulatedInstanceOptions {
  readonly name: string
  readonly environment: Environment
  readonly machine: Machine
  readonly link: Link
  readonly protocol: Protocol
  readonly maxStalenessMs: number
  readonly pollIntervalMs: number
  readonly maxEntries: number
  readonly maxRemembered: number
  readonly onComplete: (committed: RevisionRef, evaluator: SimulatedInstance) => void
}

/** One process of the service, from its start to its end. */
export class SimulatedInstance {
  readonly process: Process
  readonly node: Node
  readonly driver: SimulatedDriver
  readonly #verifications: Verifications
  readonly #receipts: SimulatedReceipts
  readonly #streams: AttachedStreams
  readonly #edges: EdgeStreams
  /** Revisions that were applied and could not be acknowledged. */
  #waiting: readonly { readonly revision: number; readonly since: number }[] = []

  constructor(options: SimulatedInstanceOptions) {
    const { protocol, environment, name } = options
    const { node, edges } = nodeOf(options)
    this.#edges = edges
    const { timing, freshness, history, pollIntervalMs, reads } = node
    const keyring = new SimulatedKeyring(reads)
    const tell = (_facts: object, message: string) => environment.trace?.(`${name}: ${message}`)
    const follower = protocol.follower({
      newId: () => environment.newId(name),
      freshness,
      history,
      failureDetector: protocol.failureDetector(),
      timing,
      edges,
      pollIntervalMs,
      log: new FreshnessLog({ info: tell, warn: tell }),
    })
    this.process = node.process
    this.node = node
    const driver = new SimulatedDriver({ node, follower, keyring, register: protocol.register })
    this.driver = driver
    history.onRefusal((met) => driver.meet(met))
    const { resolve, judge, loadCredentials } = protocol
    this.#verifications = new Verifications({ node, keyring, resolve, judge, loadCredentials })
    this.#streams = new AttachedStreams({
      node,
      driver,
      edges,
      tell: protocol.tell,
      judgesAlike: protocol.judgesAlike,
      resolve: (token, done) => this.#verifications.answer(token, done),
    })
    this.#receipts = new SimulatedReceipts({
      node,
      driver,
      wait: protocol.receiptWait,
      onComplete: (committed) => options.onComplete(committed, this),
    })
  }

  /** Whether it is alive and may answer from memory now. */
  holdsLease(): boolean {
    return this.process.isAlive && this.node.freshness.holdsLease(this.node.now())
  }

  /**
   * How long the oldest applied revision has waited for an edge, on the clock of the instance and
   * as far as it was asked.
   */
  heldUpMs(): number {
    const { freshness, process } = this.node
    if (!process.isAlive || process.machine.isFrozen) return 0
    // It is the database that is waited for.
    if (this.#edges.awaitsTagKeys) {
      this.#waiting = []
      return 0
    }
    const now = process.machine.monotonic()
    const { applied } = freshness
    const acknowledged = this.#edges.acknowledgeable(applied)
    if (this.#waiting.at(-1)?.revision !== applied) {
      this.#waiting = [...this.#waiting, { revision: applied, since: now }]
    }
    this.#waiting = this.#waiting.filter(({ revision }) => revision > acknowledged)
    const [oldest] = this.#waiting
    return oldest === undefined ? 0 : now - oldest.since
  }

  start(): void {
    this.process.run(() => this.driver.start())
  }

  verify(tokens: readonly SimulatedToken[]): void {
    this.process.run(() => this.#verifications.verify(tokens))
  }

  /** An edge has opened a stream, by a key of its own if it has one. */
  accept(stream: Stream<Down, Up>, caller: SimulatedToken | undefined): void {
    this.process.run(() => this.#streams.accept(stream, caller))
  }

  announced(): void {
    this.node.link.post(() => this.process.run(() => this.driver.trigger()))
  }

  /**
   * Commits an act, and waits for its receipt. One whose outcome is unknown is repeated by its
   * author.
   */
  act(act: Act, isOfAVersionToCome: boolean, repeats = 2): void {
    const { pool, process, timing, environment, freshness, name } = this.node
    process.run(() => {
      const wall = process.machine.wall()
      pool.ask({
        deadlineMs: timing.maxStalenessMs / 2,
        statement: (db) => db.act(act, wall, isOfAVersionToCome),
        done: (committed) => {
          freshness.invalidate(changesOf(act))
          if (committed !== undefined) {
            environment.trace?.(`${name} learns of its commit of ${committed.revision}`)
            this.#receipts.waitFor(committed)
            return
          }
          environment.counts.unknownOutcomes += 1
          if (repeats > 0) process.after(500, () => this.act(act, isOfAVersionToCome, repeats - 1))
        },
      })
    })
  }

  /** A caller asks for the receipt of a revision that was committed elsewhere. */
  askAgain(committed: RevisionRef): void {
    const { process, reads, environment } = this.node
    process.run(() => {
      reads.read(
        (db) => db.findRevision(committed),
        (isFound) => {
          if (isFound !== true) return
          environment.counts.receiptsAskedAgain += 1
          this.#receipts.waitFor(committed)
        },
      )
    })
  }

  /** kill -9: nothing is sent, and the row stays. */
  kill(): void {
    this.process.end()
  }

  /** A clean shutdown: requests are answered for a while, then the lease ends and the row goes. */
  stop(drainMs: number): void {
    this.process.run(() => this.#edges.dismissAll('stopping'))
    this.process.after(drainMs, () => this.driver.stop(() => this.process.end()))
  }
}

function nodeOf(options: SimulatedInstanceOptions): { node: Node; edges: EdgeStreams } {
  const { protocol, machine, environment, link, name, pollIntervalMs } = options
  const process = new Process(machine)
  const timing = protocol.timing(options.maxStalenessMs)
  const now = () => protocol.moment(machine.moment())
  const edges = protocol.edgeStreams({
    leaseMs: edgeLeaseMs,
    now,
    leaseRemaining: (at) => freshness.leaseRemaining(at),
  })
  const freshness = protocol.freshness(timing, options.maxRemembered, edges)
  const cache = protocol.cache(options.maxEntries, freshness, now)
  const history = protocol.history()
  const pool = protocol.pool({ environment, process, link, history })
  const reads = protocol.reads({
    pool,
    history,
    holdsLease: () => freshness.holdsLease(now()),
    deadlineMs: timing.maxStalenessMs / 2,
    rule: protocol.readRule,
  })
  const parts = { timing, freshness, cache, history, pool, reads, now }
  return { node: { name, environment, process, link, pollIntervalMs, ...parts }, edges }
}

function changesOf(act: Act): readonly Change[] {
  switch (act.kind) {
    case 'everything':
      return [{ kind: 'everything' }]
    case 'add_tag_key':
      return [{ kind: 'tag_key' }]
    case 'edit_account':
      return [{ kind: 'account', id: act.account }]
    case 'import':
      return act.isAnnounced ? [changeOfKey(act.key)] : []
    default:
      return [changeOfKey(act.key)]
  }
}

function changeOfKey(key: number): Change {
  return { kind: 'key', id: keys[key]?.id ?? '' }
}
