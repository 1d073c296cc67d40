import { Resolution } from '../../../src/verification/resolve.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** Past the lease a token is refused by the tag keys in memory. */
class RefusesByOldTagKeys extends Resolution {
  override stands(): boolean {
    return this.cause === 'bad_tag' || super.stands()
  }
}

export const refusesByOldTagKeys: Protocol = {
  ...shipped,
  resolve: (memory, { text, digest }) =>
    new RefusesByOldTagKeys(memory, text, digest, memory.cache.find(digest)),
}
