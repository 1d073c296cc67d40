import { Resolution } from '../../../src/verification/resolve.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A load that was joined answers although a change has invalidated the result. */
class JoinedLoadsUnchecked extends Resolution {
  protected override mayAnswer(): boolean {
    return true
  }
}

export const joinedLoadsUnchecked: Protocol = {
  ...shipped,
  resolve: (memory, { text, digest }) =>
    new JoinedLoadsUnchecked(memory, text, digest, memory.cache.find(digest)),
}
