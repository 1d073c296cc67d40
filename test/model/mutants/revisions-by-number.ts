import { Follower } from '../follower.ts'
import { type Protocol, shipped } from '../protocol.ts'
import type { RevisionRef } from '../receipt-desk.ts'

/** When a revision was learnt is remembered by its number, which another history gives again. */
class RevisionsByNumber extends Follower {
  override learn({ revision }: RevisionRef): number {
    return super.learn({ revision, id: String(revision) })
  }
}

export const revisionsByNumber: Protocol = {
  ...shipped,
  follower: (node) => new RevisionsByNumber(node),
}
