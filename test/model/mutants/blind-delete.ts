import type { UnresponsiveInstance } from '../../../src/freshness/failure-detector.ts'
import type { Database } from '../database.ts'
import { Follower } from '../follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A silent instance is evicted whatever its beat is by now. */
class BlindDelete extends Follower {
  protected override deleteUnresponsive(
    db: Database,
    { id }: UnresponsiveInstance,
  ): boolean | undefined {
    return db.deleteInstance(id)
  }
}

export const blindDelete: Protocol = { ...shipped, follower: (node) => new BlindDelete(node) }
