import { Follower } from '../follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** What instances say of themselves counts right after history has changed. */
class TrustAfterRestore extends Follower {
  override get completesOnlyByTime(): boolean {
    return false
  }
}

export const trustAfterRestore: Protocol = {
  ...shipped,
  follower: (node) => new TrustAfterRestore(node),
}
