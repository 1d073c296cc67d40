import { Follower } from '../../../src/freshness/follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** The rows of instances complete receipts right after history has changed. */
class TrustAfterRestore extends Follower {
  override completesOnlyByTime(): boolean {
    return false
  }
}

export const trustAfterRestore: Protocol = {
  ...shipped,
  follower: (options) => new TrustAfterRestore(options),
}
