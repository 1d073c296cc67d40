import { type Receipt, receiptOf } from '../../src/freshness/receipt.ts'
import type { StoredInstance } from './database.ts'
import type { Follower } from './follower.ts'
import type { Node } from './node.ts'

/** A revision that is known to be committed. */
export interface RevisionRef {
  readonly revision: number
  readonly id: string
}

/** The twin of Receipts: evaluates the receipt of a committed change until it is complete. */
export class ReceiptDesk {
  protected readonly node: Node
  protected readonly follower: Follower
  readonly #onComplete: (committed: RevisionRef) => void

  constructor(node: Node, follower: Follower, onComplete: (committed: RevisionRef) => void) {
    this.node = node
    this.follower = follower
    this.#onComplete = onComplete
  }

  /** `learntAt` is monotonic. */
  follow(committed: RevisionRef, learntAt: number): void {
    const { process, reads, timing, environment } = this.node
    this.follower.trigger()
    reads.read(
      (db) => db.readInstances(),
      (rows) => {
        const receipt = this.evaluate(committed, learntAt, rows)
        if (receipt.state === 'complete') {
          if (rows !== undefined && receipt.waitingFor.length === 0)
            environment.counts.receiptsCompleteByAll += 1
          else environment.counts.receiptsCompleteByTime += 1
          environment.trace?.(`${this.node.name}: the receipt of ${committed.revision} is complete`)
          this.#onComplete(committed)
          return
        }
        process.after(environment.random.between(20, timing.maxStalenessMs / 8), () =>
          this.follow(committed, learntAt),
        )
      },
    )
  }

  protected get ownId(): string | undefined {
    return this.follower.registeredId
  }

  protected evaluate(
    committed: RevisionRef,
    learntAt: number,
    rows: readonly StoredInstance[] | undefined,
  ): Receipt {
    return receiptOf({
      ...committed,
      instances: rows ?? [],
      learntAt,
      now: this.node.process.machine.monotonic(),
      failureTimeoutMs: this.node.timing.failureTimeoutMs,
      ownId: this.ownId,
      onlyByTime: rows === undefined || this.follower.completesOnlyByTime,
    })
  }
}
