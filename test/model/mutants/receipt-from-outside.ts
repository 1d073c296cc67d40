import { noEdges } from '../../../src/freshness/edge-counts.ts'
import type { InstanceRow } from '../../../src/freshness/receipt.ts'
import { ReceiptWait } from '../../../src/freshness/receipt-wait.ts'
import { type Protocol, shipped } from '../protocol.ts'

const ownId = 'the evaluator'

/** The evaluator need not be among the instances itself: its own row is made up. */
class ReceiptFromOutside extends ReceiptWait {
  protected override get ownId(): string {
    return ownId
  }

  override loaded(rows: readonly InstanceRow[] | undefined, now: number): void {
    const applied = this.options.committed.revision
    const own = { id: ownId, applied, maxStalenessMs: 0, edges: noEdges(applied) }
    super.loaded(rows && [...rows, own], now)
  }
}

export const receiptFromOutside: Protocol = {
  ...shipped,
  receiptWait: (options) => new ReceiptFromOutside(options),
}
