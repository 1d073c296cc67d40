import type { Reading } from '../../../src/domain/protocol/reading.ts'
import { ask, type Steps } from '../../../src/freshness/coroutine.ts'
import { Follower } from '../../../src/freshness/follower.ts'
import type { SyncCycle } from '../../../src/freshness/freshness.ts'
import { type Protocol, shipped } from '../protocol.ts'

/**
 * The counter comes from a second statement: it may count what the rows of the first do not show.
 */
class TwoReads extends Follower {
  #counter = 0

  protected override *apply(cycle: SyncCycle, reading: Reading): Steps<boolean> {
    const later = yield* ask({ kind: 'load_feed', applied: reading.counter })
    this.#counter = later.reading.counter
    return yield* super.apply(cycle, reading)
  }

  protected override *acknowledge(cycle: SyncCycle): Steps<boolean> {
    return yield* super.acknowledge(cycle, this.#counter)
  }
}

export const twoReads: Protocol = { ...shipped, follower: (options) => new TwoReads(options) }
