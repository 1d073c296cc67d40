import type { EdgeCall } from '../../../src/domain/edge/edge-call.ts'
import { EdgeFollower } from '../../../src/domain/edge/edge-follower.ts'
import type { Question } from '../../../src/domain/edge/questions.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A bare verdict answers the calls that came after its question was sent, too. */
class ForLaterCalls<
  Facts extends { id: string; accountId: string },
  Verdict,
  Asked,
> extends EdgeFollower<Facts, Verdict, Asked> {
  protected override callsOf(
    question: Question<EdgeCall<Facts, Verdict, Asked>>,
    waiting: readonly EdgeCall<Facts, Verdict, Asked>[],
  ): readonly EdgeCall<Facts, Verdict, Asked>[] {
    return [...question.calls, ...waiting]
  }
}

export const edgeBareVerdictForLaterCalls: Protocol = {
  ...shipped,
  edgeFollower: (options) => new ForLaterCalls(options),
}
