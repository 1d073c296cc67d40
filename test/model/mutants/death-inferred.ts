import type { Steps } from '../../../src/freshness/coroutine.ts'
import type { UnresponsiveInstance } from '../../../src/freshness/failure-detector.ts'
import { Follower } from '../../../src/freshness/follower.ts'
import type { InstanceRow } from '../../../src/freshness/receipt.ts'
import { ReceiptWait } from '../../../src/freshness/receipt-wait.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** An unresponsive instance is held for dead, in memory, and its row stays. */
class InfersDeath extends Follower {
  dead: ReadonlySet<string> = new Set()

  protected override *evict(unresponsive: readonly UnresponsiveInstance[]): Steps<void> {
    this.dead = new Set(unresponsive.map(({ id }) => id))
  }
}

/** Receipts do not wait for the dead. */
class DeathInferred extends ReceiptWait {
  override loaded(rows: readonly InstanceRow[] | undefined, now: number): void {
    const { evaluator } = this.options
    const dead = evaluator instanceof InfersDeath ? evaluator.dead : new Set()
    super.loaded(
      rows?.filter(({ id }) => !dead.has(id)),
      now,
    )
  }
}

export const deathInferred: Protocol = {
  ...shipped,
  follower: (options) => new InfersDeath(options),
  receiptWait: (options) => new DeathInferred(options),
}
