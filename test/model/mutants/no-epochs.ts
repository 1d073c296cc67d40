import {
  type CachedCredential,
  CredentialCache,
} from '../../../src/verification/credential-cache.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** What was read before a change is kept after it: entries are stamped when they are stored. */
class NoFence extends CredentialCache {
  override put(reference: string, entry: CachedCredential): void {
    super.put(reference, { ...entry, stamp: this.stamp })
  }
}

export const noFence: Protocol = {
  ...shipped,
  cache: (maxEntries, freshness, now) => new NoFence(maxEntries, freshness, now),
}
