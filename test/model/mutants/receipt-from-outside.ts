import type { Receipt } from '../../../src/freshness/receipt.ts'
import type { StoredInstance } from '../database.ts'
import { type Protocol, shipped } from '../protocol.ts'
import { ReceiptDesk, type RevisionRef } from '../receipt-desk.ts'

/** The evaluator need not be among the instances itself: its own row is made up. */
class ReceiptFromOutside extends ReceiptDesk {
  protected override get ownId(): string {
    return this.follower.id
  }

  protected override evaluate(
    committed: RevisionRef,
    learntAt: number,
    rows: readonly StoredInstance[] | undefined,
  ): Receipt {
    const own = { id: this.ownId, applied: committed.revision, beat: 0, leaseEndsAt: 0 }
    return super.evaluate(committed, learntAt, rows && [...rows, own])
  }
}

export const receiptFromOutside: Protocol = {
  ...shipped,
  receipts: (node, follower, onComplete) => new ReceiptFromOutside(node, follower, onComplete),
}
