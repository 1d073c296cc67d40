import { Follower } from '../../../src/freshness/follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** The first lease does not wait for the other instances to learn of the registration. */
class LeaseOfAStranger extends Follower {
  protected override get isKnownToAll(): boolean {
    return true
  }
}

export const leaseOfAStranger: Protocol = {
  ...shipped,
  follower: (options) => new LeaseOfAStranger(options),
}
