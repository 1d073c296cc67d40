import { type Receipt, receiptOf } from '../../src/freshness/receipt.ts'
import type { StoredInstance } from './database.ts'
import type { Follower } from './follower.ts'
import type { Site } from './node.ts'

/** A revision that is known to be committed. */
export interface Committed {
  readonly revision: number
  readonly id: string
}

/** The twin of Receipts: evaluates the receipt of a committed change until it is complete. */
export class ReceiptDesk {
  protected readonly site: Site
  protected readonly follower: Follower
  readonly #onComplete: (committed: Committed) => void

  constructor(site: Site, follower: Follower, onComplete: (committed: Committed) => void) {
    this.site = site
    this.follower = follower
    this.#onComplete = onComplete
  }

  /** `learntAt` is monotonic. */
  follow(committed: Committed, learntAt: number): void {
    const { process, reads, timing, world } = this.site
    this.follower.hurry()
    reads.read(
      (db) => db.readInstances(),
      (rows) => {
        const receipt = this.evaluate(committed, learntAt, rows)
        if (receipt.state === 'complete') {
          if (rows !== undefined && receipt.waitingFor.length === 0)
            world.tally.receiptsCompleteByAll += 1
          else world.tally.receiptsCompleteByTime += 1
          world.trace?.(`${this.site.name}: the receipt of ${committed.revision} is complete`)
          this.#onComplete(committed)
          return
        }
        process.after(world.random.between(20, timing.maxStalenessMs / 8), () =>
          this.follow(committed, learntAt),
        )
      },
    )
  }

  protected get ownId(): string | undefined {
    return this.follower.registeredId
  }

  protected evaluate(
    committed: Committed,
    learntAt: number,
    rows: readonly StoredInstance[] | undefined,
  ): Receipt {
    return receiptOf({
      ...committed,
      instances: rows ?? [],
      learntAt,
      now: this.site.process.machine.monotonic(),
      watchMs: this.site.timing.watchMs,
      ownId: this.ownId,
      onlyByTime: rows === undefined || this.follower.completesOnlyByTime,
    })
  }
}
