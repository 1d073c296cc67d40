import type { Reading } from '../../../src/domain/protocol/reading.ts'
import type { Steps } from '../../../src/freshness/coroutine.ts'
import { Follower } from '../../../src/freshness/follower.ts'
import type { SyncCycle } from '../../../src/freshness/freshness.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** The tag keys are reloaded when a cycle reads a change of them, and not after a registration. */
class RegistersWithOldTagKeys extends Follower {
  #haveChanged = false

  protected override *apply(cycle: SyncCycle, reading: Reading): Steps<boolean> {
    this.#haveChanged = reading.changes.length > 0
    return yield* super.apply(cycle, reading)
  }

  protected override *reloadTagKeys(): Steps<void> {
    if (this.#haveChanged) yield* super.reloadTagKeys()
  }
}

export const registersWithOldTagKeys: Protocol = {
  ...shipped,
  follower: (options) => new RegistersWithOldTagKeys(options),
}
