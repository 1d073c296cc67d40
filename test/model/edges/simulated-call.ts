import type { EdgeCall } from '../../../src/domain/edge/edge-call.ts'
import type { KeyFacts } from '../../../src/domain/verdict.ts'
import type { SimulatedToken } from '../tokens.ts'
import type { VerdictText } from '../verdicts.ts'

type Outcomes = Pick<EdgeCall<KeyFacts, VerdictText, SimulatedToken>, 'judge' | 'answer' | 'fail'>

/** A call of an edge, which has one outcome. */
export class SimulatedCall implements EdgeCall<KeyFacts, VerdictText, SimulatedToken> {
  readonly asked: SimulatedToken
  readonly attempt: string
  readonly #outcomes: Outcomes
  #isOver = false

  constructor(token: SimulatedToken, outcomes: Outcomes) {
    this.asked = token
    this.attempt = token.asksTooMuch === true ? 'too much' : ''
    this.#outcomes = outcomes
  }

  get digest(): string {
    return this.asked.digest
  }

  get isOver(): boolean {
    return this.#isOver
  }

  judge(facts: KeyFacts): void {
    if (this.#end()) this.#outcomes.judge(facts)
  }

  answer(verdict: VerdictText): void {
    if (this.#end()) this.#outcomes.answer(verdict)
  }

  fail(): void {
    if (this.#end()) this.#outcomes.fail('unavailable')
  }

  #end(): boolean {
    const isFirst = !this.#isOver
    this.#isOver = true
    return isFirst
  }
}
