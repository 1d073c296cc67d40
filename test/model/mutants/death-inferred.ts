import type { UnresponsiveInstance } from '../../../src/freshness/failure-detector.ts'
import type { Receipt } from '../../../src/freshness/receipt.ts'
import type { StoredInstance } from '../database.ts'
import { Follower } from '../follower.ts'
import { type Protocol, shipped } from '../protocol.ts'
import { ReceiptDesk, type RevisionRef } from '../receipt-desk.ts'

/** Whoever was silent for a watch is held for dead, in memory, and its row stays. */
class Mourner extends Follower {
  dead: ReadonlySet<string> = new Set()

  protected override evict(silent: readonly UnresponsiveInstance[]): void {
    this.dead = new Set(silent.map(({ id }) => id))
    super.evict([])
  }
}

/** Receipts do not wait for the dead. */
class DeathInferred extends ReceiptDesk {
  protected override evaluate(
    committed: RevisionRef,
    learntAt: number,
    rows: readonly StoredInstance[] | undefined,
  ): Receipt {
    const { follower } = this
    const dead = follower instanceof Mourner ? follower.dead : new Set()
    return super.evaluate(
      committed,
      learntAt,
      rows?.filter(({ id }) => !dead.has(id)),
    )
  }
}

export const deathInferred: Protocol = {
  ...shipped,
  follower: (node) => new Mourner(node),
  receipts: (node, follower, onComplete) => new DeathInferred(node, follower, onComplete),
}
