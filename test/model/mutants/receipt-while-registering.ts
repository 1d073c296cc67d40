import { type Protocol, shipped } from '../protocol.ts'
import { ReceiptDesk } from '../receipt-desk.ts'

/** The evaluator counts its own row as soon as it is there, before it has learnt in which history. */
class ReceiptWhileRegistering extends ReceiptDesk {
  protected override get ownId(): string {
    return this.follower.id
  }
}

export const receiptWhileRegistering: Protocol = {
  ...shipped,
  receipts: (node, follower, onComplete) => new ReceiptWhileRegistering(node, follower, onComplete),
}
