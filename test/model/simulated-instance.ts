import type { Change } from '../../src/domain/protocol/change.ts'
import type { Act } from './database.ts'
import type { Environment } from './environment.ts'
import type { Follower } from './follower.ts'
import { keys } from './keys.ts'
import type { Link } from './link.ts'
import type { Machine } from './machine.ts'
import type { Node } from './node.ts'
import { Process } from './process.ts'
import type { Protocol } from './protocol.ts'
import type { ReceiptDesk, RevisionRef } from './receipt-desk.ts'
import type { Verifier } from './verifier.ts'

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
  readonly onComplete: (committed: RevisionRef, follower: Follower) => void
}

/** One process of the service, from its start to its end. */
export class SimulatedInstance {
  readonly process: Process
  readonly node: Node
  readonly follower: Follower
  readonly #verifier: Verifier
  readonly #receipts: ReceiptDesk

  constructor(options: SimulatedInstanceOptions) {
    const { protocol, machine, environment, link, name, pollIntervalMs } = options
    const process = new Process(machine)
    const timing = protocol.timing(options.maxStalenessMs)
    const now = () => protocol.moment(machine.moment())
    const freshness = protocol.freshness(timing, options.maxRemembered)
    const cache = protocol.cache(options.maxEntries, freshness, now)
    const history = protocol.history()
    const pool = protocol.pool({ environment, process, link, history })
    const reads = protocol.reads({
      pool,
      history,
      holdsLease: () => freshness.holdsLease(now()),
      deadlineMs: timing.maxStalenessMs / 2,
    })
    this.process = process
    this.node = {
      name,
      environment,
      process,
      link,
      timing,
      pollIntervalMs,
      freshness,
      cache,
      history,
      pool,
      reads,
      now,
    }
    this.follower = protocol.follower(this.node)
    this.#verifier = protocol.verifier(this.node)
    this.#receipts = protocol.receipts(this.node, this.follower, (committed) =>
      options.onComplete(committed, this.follower),
    )
  }

  start(): void {
    this.process.run(() => this.follower.start())
  }

  verify(key: number): void {
    this.process.run(() => this.#verifier.verify(key))
  }

  announced(): void {
    this.node.link.post(() => this.process.run(() => this.follower.trigger()))
  }

  /** Commits an act, and follows its receipt. One whose outcome is unknown is repeated by its author. */
  act(act: Act, isOfAVersionToCome: boolean, repeats = 2): void {
    const { pool, process, timing, environment, freshness, name } = this.node
    process.run(() => {
      const wall = process.machine.wall()
      pool.ask({
        deadlineMs: timing.maxStalenessMs / 2,
        statement: (db) => db.act(act, wall, isOfAVersionToCome),
        done: (committed) => {
          freshness.invalidate([changeOf(act)])
          if (committed !== undefined) {
            environment.trace?.(`${name} learns of its commit of ${committed.revision}`)
            this.#receipts.follow(committed, this.follower.learn(committed))
            return
          }
          environment.counts.unknownOutcomes += 1
          if (repeats > 0) process.after(500, () => this.act(act, isOfAVersionToCome, repeats - 1))
        },
      })
    })
  }

  /** Somebody asks for the receipt of a revision that was committed elsewhere. */
  askAgain(committed: RevisionRef): void {
    const { process, reads, environment } = this.node
    process.run(() => {
      reads.read(
        (db) => db.findRevision(committed),
        (isFound) => {
          if (isFound !== true) return
          environment.counts.receiptsAskedAgain += 1
          this.#receipts.follow(committed, this.follower.learn(committed))
        },
      )
    })
  }

  /** kill -9: nothing is said, and the row stays. */
  kill(): void {
    this.process.end()
  }

  stop(drainMs: number): void {
    this.process.run(() => this.follower.stop(drainMs, () => this.process.end()))
  }
}

function changeOf(act: Act): Change {
  switch (act.kind) {
    case 'everything':
      return { kind: 'everything' }
    case 'edit_account':
      return { kind: 'account', id: act.account }
    default:
      return { kind: 'key', id: keys[act.key]?.id ?? '' }
  }
}
