import { Follower } from '../../../src/freshness/follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/**
 * The evaluator counts its own row as soon as the row is there, before it knows in which history.
 */
class ReceiptWhileRegistering extends Follower {
  override get registeredId(): string | undefined {
    return this.id
  }
}

export const receiptWhileRegistering: Protocol = {
  ...shipped,
  follower: (options) => new ReceiptWhileRegistering(options),
}
