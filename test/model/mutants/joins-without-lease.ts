import type { CachedCredential } from '../../../src/verification/credential-cache.ts'
import { type Protocol, shipped } from '../protocol.ts'
import { Verifier } from '../verifier.ts'

/** While the cache is silent a read that is under way is joined, and answers. */
class JoinsWithoutLease extends Verifier {
  protected override mayJoin(): boolean {
    return true
  }

  protected override mayAnswerJoined(landed: CachedCredential): boolean {
    return this.node.cache.isLeaseExpired() || super.mayAnswerJoined(landed)
  }
}

export const joinsWithoutLease: Protocol = {
  ...shipped,
  verifier: (node) => new JoinsWithoutLease(node),
}
