import type { RevisionRef } from '../../../src/domain/protocol/revision-ref.ts'
import { Follower } from '../../../src/freshness/follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/**
 * Since when a revision is known is remembered by its number, which another history gives again.
 */
class RevisionsByNumber extends Follower {
  override learn({ revision }: RevisionRef, now: number): number {
    return super.learn({ revision, id: String(revision) }, now)
  }
}

export const revisionsByNumber: Protocol = {
  ...shipped,
  follower: (options) => new RevisionsByNumber(options),
}
