import type { RevisionRef } from '../../src/domain/protocol/revision-ref.ts'
import type { ReceiptWait, ReceiptWaitOptions } from '../../src/freshness/receipt-wait.ts'
import { BatchLoads } from './batch-loads.ts'
import type { StoredInstance } from './database.ts'
import type { SimulatedDriver } from './driver.ts'
import type { Node } from './node.ts'

export interface SimulatedReceiptsOptions {
  readonly node: Node
  readonly driver: SimulatedDriver
  /** The steps that ship, or a mutant of them. */
  readonly wait: (options: ReceiptWaitOptions, node: Node) => ReceiptWait
  readonly onComplete: (committed: RevisionRef) => void
}

/** Longer than any receipt takes. */
const waitMs = 1_000_000

/** Executes the steps of receipts on the simulated clock, as Receipts does. */
export class SimulatedReceipts {
  readonly #options: SimulatedReceiptsOptions
  readonly #loads: BatchLoads<readonly StoredInstance[]>

  constructor(options: SimulatedReceiptsOptions) {
    this.#options = options
    const { reads } = options.node
    this.#loads = new BatchLoads((done) => reads.read((db) => db.loadInstances(), done))
  }

  /** Waits for the receipt of a revision that this instance knows to be committed. */
  waitFor(committed: RevisionRef): void {
    const { node, driver, wait } = this.#options
    const longestPauseMs = node.timing.maxStalenessMs / 8
    const evaluator = driver.follower
    this.#step(
      wait({ committed, evaluator, waitMs, longestPauseMs, now: node.now().monotonic }, node),
      committed,
    )
    driver.trigger()
  }

  #step(wait: ReceiptWait, committed: RevisionRef): void {
    const { node, onComplete } = this.#options
    const { process, environment, name } = node
    const command = wait.next()
    switch (command.kind) {
      case 'answer': {
        const { counts, trace } = environment
        if (command.receipt.waitingFor.length === 0 && command.receipt.instances.live > 0)
          counts.receiptsCompleteByAll += 1
        else counts.receiptsCompleteByTime += 1
        trace?.(`${name}: the receipt of ${committed.revision} is complete`)
        onComplete(committed)
        break
      }
      case 'sleep':
        process.after(command.ms, () => {
          wait.slept(node.now().monotonic)
          this.#step(wait, committed)
        })
        break
      case 'load_instances':
        this.#loads.load((rows) => {
          wait.loaded(rows, node.now().monotonic)
          this.#step(wait, committed)
        })
    }
  }
}
