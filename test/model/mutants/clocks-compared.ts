import { ReceiptWait, type ReceiptWaitOptions } from '../../../src/freshness/receipt-wait.ts'
import type { StoredInstance } from '../database.ts'
import type { Node } from '../node.ts'
import { type Protocol, shipped } from '../protocol.ts'

/**
 * The end of a lease, written by the wall clock of its holder, is judged by the clock of another
 * machine.
 */
class ClocksCompared extends ReceiptWait {
  readonly #node: Node

  constructor(options: ReceiptWaitOptions, node: Node) {
    super(options)
    this.#node = node
  }

  override loaded(rows: readonly StoredInstance[] | undefined, now: number): void {
    const wall = this.#node.process.machine.wall()
    const waitedFor = rows?.filter(
      ({ id, leaseEndsAt }) => id === this.ownId || leaseEndsAt >= wall,
    )
    super.loaded(waitedFor, now)
  }
}

export const clocksCompared: Protocol = {
  ...shipped,
  receiptWait: (options, node) => new ClocksCompared(options, node),
}
