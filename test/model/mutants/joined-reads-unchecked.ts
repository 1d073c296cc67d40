import { type Protocol, shipped } from '../protocol.ts'
import { Verifier } from '../verifier.ts'

/** A read that was joined answers although a change has overtaken it. */
class JoinedReadsUnchecked extends Verifier {
  protected override mayAnswerJoined(): boolean {
    return true
  }
}

export const joinedReadsUnchecked: Protocol = {
  ...shipped,
  verifier: (node) => new JoinedReadsUnchecked(node),
}
