import type { Reading } from '../../../src/domain/protocol/reading.ts'
import type { SyncCycle } from '../../../src/freshness/freshness.ts'
import { Follower } from '../follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A revision is acknowledged as soon as it is read, and applied when that is confirmed. */
class AcknowledgeBeforeApplying extends Follower {
  #reading: Reading | undefined

  protected override received(round: SyncCycle, reading: Reading): void {
    if (reading.inRecovery) {
      super.received(round, reading)
      return
    }
    this.#reading = reading
    this.acknowledge(round, reading.counter)
  }

  protected override acknowledged(round: SyncCycle, isKnown: boolean): void {
    if (!isKnown || this.#reading === undefined) {
      super.acknowledged(round, isKnown)
      return
    }
    const received = this.node.freshness.received(round, this.#reading)
    if (received.kind === 'acknowledge') super.acknowledged(round, isKnown)
    else this.follow(round, received)
  }
}

export const acknowledgeBeforeApplying: Protocol = {
  ...shipped,
  follower: (node) => new AcknowledgeBeforeApplying(node),
}
