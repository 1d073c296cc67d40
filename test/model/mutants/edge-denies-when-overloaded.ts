import type { EdgeCall, NoAnswer } from '../../../src/domain/edge/edge-call.ts'
import { EdgeFollower } from '../../../src/domain/edge/edge-follower.ts'
import type { KeyFacts } from '../../../src/domain/verdict.ts'
import { type Protocol, shipped } from '../protocol.ts'
import type { SimulatedToken } from '../tokens.ts'
import type { VerdictText } from '../verdicts.ts'

type Call = EdgeCall<KeyFacts, VerdictText, SimulatedToken>

/** A token that an edge may not ask for, since too many questions are under way, is unknown. */
class DeniesWhenOverloaded extends EdgeFollower<KeyFacts, VerdictText, SimulatedToken> {
  override verify(call: Call): void {
    super.verify(deniedWhenOverloaded(call))
  }
}

export const edgeDeniesWhenOverloaded: Protocol = {
  ...shipped,
  edgeFollower: (options) => new DeniesWhenOverloaded(options),
}

function deniedWhenOverloaded(call: Call): Call {
  const { digest, asked, attempt } = call
  return {
    digest,
    asked,
    attempt,
    get isOver() {
      return call.isOver
    },
    judge: (facts) => call.judge(facts),
    answer: (verdict) => call.answer(verdict),
    fail: (why: NoAnswer) => (why === 'overloaded' ? call.answer('not_found') : call.fail(why)),
  }
}
