import type { EdgeCall } from '../../../src/domain/edge/edge-call.ts'
import { EdgeFollower, type EdgeFollowerOptions } from '../../../src/domain/edge/edge-follower.ts'
import type { KeyFacts } from '../../../src/domain/verdict.ts'
import { type Protocol, shipped } from '../protocol.ts'
import type { SimulatedToken } from '../tokens.ts'
import type { VerdictText } from '../verdicts.ts'

/** An edge answers by what it remembers of unknown tokens when it has no lease, too. */
class WithoutLease extends EdgeFollower<KeyFacts, VerdictText, SimulatedToken> {
  readonly #options: EdgeFollowerOptions<KeyFacts, VerdictText>

  constructor(options: EdgeFollowerOptions<KeyFacts, VerdictText>) {
    super(options)
    this.#options = options
  }

  override verify(call: EdgeCall<KeyFacts, VerdictText, SimulatedToken>): void {
    const { memory, now } = this.#options
    const verdict = this.absent.recall(call.digest, memory.epoch, now())
    if (verdict === undefined) super.verify(call)
    else call.answer(verdict)
  }
}

export const edgeAbsenceWithoutLease: Protocol = {
  ...shipped,
  edgeFollower: (options) => new WithoutLease(options),
}
