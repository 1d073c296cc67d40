import type { Round } from '../../../src/freshness/freshness.ts'
import { Follower } from '../follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A beat that hits no row is taken for a good one. */
class DeafToEviction extends Follower {
  protected override acknowledged(round: Round): void {
    super.acknowledged(round, true)
  }
}

export const deafToEviction: Protocol = { ...shipped, follower: (site) => new DeafToEviction(site) }
