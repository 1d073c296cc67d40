import type { Steps } from '../../../src/freshness/coroutine.ts'
import { Follower } from '../../../src/freshness/follower.ts'
import type { SyncCycle } from '../../../src/freshness/freshness.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A change of the tag keys is acknowledged first, and the tag keys are reloaded after that. */
class AcknowledgesOldTagKeys extends Follower {
  #areOld = false

  // biome-ignore lint/correctness/useYield: the reload is put off.
  protected override *reloadTagKeys(): Steps<void> {
    this.#areOld = true
  }

  protected override *acknowledge(cycle: SyncCycle, revision: number): Steps<boolean> {
    const isRegistered = yield* super.acknowledge(cycle, revision)
    if (this.#areOld) yield* super.reloadTagKeys()
    this.#areOld = false
    return isRegistered
  }
}

export const acknowledgesOldTagKeys: Protocol = {
  ...shipped,
  follower: (options) => new AcknowledgesOldTagKeys(options),
}
