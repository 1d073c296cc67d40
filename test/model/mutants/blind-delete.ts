import type { Silent } from '../../../src/freshness/failure-detector.ts'
import type { Database } from '../database.ts'
import { Follower } from '../follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A silent instance is evicted whatever its beat is by now. */
class BlindDelete extends Follower {
  protected override deleteSilent(db: Database, { id }: Silent): boolean | undefined {
    return db.deleteInstance(id)
  }
}

export const blindDelete: Protocol = { ...shipped, follower: (site) => new BlindDelete(site) }
