import type { Reading } from '../../../src/domain/protocol/reading.ts'
import { ask, type Steps } from '../../../src/freshness/coroutine.ts'
import { noEdges } from '../../../src/freshness/edge-counts.ts'
import { Follower } from '../../../src/freshness/follower.ts'
import type { SyncCycle } from '../../../src/freshness/freshness.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A revision is acknowledged as soon as the changes are read, and they are applied after that. */
class AcknowledgeBeforeApplying extends Follower {
  protected override *apply(cycle: SyncCycle, reading: Reading): Steps<boolean> {
    const { id } = this
    if (!reading.inRecovery && id !== undefined) {
      const edges = noEdges(reading.counter)
      yield* ask({ kind: 'acknowledge', id, revision: reading.counter, edges })
    }
    return yield* super.apply(cycle, reading)
  }
}

export const acknowledgeBeforeApplying: Protocol = {
  ...shipped,
  follower: (options) => new AcknowledgeBeforeApplying(options),
}
