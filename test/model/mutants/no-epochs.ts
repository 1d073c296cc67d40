import type { CachedCredential } from '../../../src/verification/cached-credential.ts'
import { CredentialCache } from '../../../src/verification/credential-cache.ts'
import { type Protocol, shipped } from '../protocol.ts'

/**
 * What was read before a change is kept after it: entries are marked with the epoch in which they
 * are stored.
 */
class NoEpochs extends CredentialCache {
  override put(reference: string, entry: CachedCredential): void {
    super.put(reference, { ...entry, epoch: this.epoch })
  }
}

export const noEpochs: Protocol = {
  ...shipped,
  cache: (maxEntries, freshness, now) => new NoEpochs(maxEntries, freshness, now),
}
