import type { Reading } from '../../../src/domain/protocol/reading.ts'
import type { SyncCycle } from '../../../src/freshness/freshness.ts'
import { Follower } from '../follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** The counter comes from a second statement: it may count what the rows of the first do not show. */
class TwoReads extends Follower {
  protected override received(round: SyncCycle, reading: Reading): void {
    this.ask(
      (db) => db.loadFeed(reading.counter),
      (later) => {
        const received = this.node.freshness.received(round, reading)
        if (received.kind !== 'acknowledge') this.follow(round, received)
        else this.follow(round, { ...received, revision: later.counter })
      },
    )
  }
}

export const twoReads: Protocol = { ...shipped, follower: (node) => new TwoReads(node) }
