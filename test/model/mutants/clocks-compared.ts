import type { Receipt } from '../../../src/freshness/receipt.ts'
import type { StoredInstance } from '../database.ts'
import { type Protocol, shipped } from '../protocol.ts'
import { ReceiptDesk, type RevisionRef } from '../receipt-desk.ts'

/** The end of a lease, written down by its holder's wall clock, is judged by somebody else's. */
class ClocksCompared extends ReceiptDesk {
  protected override evaluate(
    committed: RevisionRef,
    learntAt: number,
    rows: readonly StoredInstance[] | undefined,
  ): Receipt {
    const wall = this.node.process.machine.wall()
    const waitedFor = rows?.filter(
      ({ id, leaseEndsAt }) => id === this.follower.id || leaseEndsAt >= wall,
    )
    return super.evaluate(committed, learntAt, waitedFor)
  }
}

export const clocksCompared: Protocol = {
  ...shipped,
  receipts: (node, follower, onComplete) => new ClocksCompared(node, follower, onComplete),
}
