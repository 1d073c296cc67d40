import type { SyncCycle } from '../../../src/freshness/freshness.ts'
import { Follower } from '../follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A beat that hits no row is taken for a good one. */
class IgnoresEviction extends Follower {
  protected override acknowledged(round: SyncCycle): void {
    super.acknowledged(round, true)
  }
}

export const ignoresEviction: Protocol = {
  ...shipped,
  follower: (node) => new IgnoresEviction(node),
}
