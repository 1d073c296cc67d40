import type { Moment } from '../protocol/lease.ts'

/** A question under way. */
export interface Question<Call> {
  readonly digest: string
  /** The calls that were made before it was sent: a bare verdict answers these, and no others. */
  readonly calls: readonly Call[]
  /** The epoch and the clocks when it was sent. */
  readonly sent: { readonly epoch: number; readonly at: Moment }
}

interface TokenCalls<Call> {
  /** How many questions of this token are under way. */
  count: number
  /** The calls that came after those were sent. */
  waiting: Call[]
}

/** The questions that an edge has sent and that are not answered, and the calls that wait. */
export class Questions<Call extends { readonly digest: string }> {
  readonly #underWay = new Map<number, Question<Call>>()
  readonly #tokens = new Map<string, TokenCalls<Call>>()
  #number = 0

  get size(): number {
    return this.#underWay.size
  }

  /**
   * Lets a call wait while a question of its token is under way. What answers that question may be
   * older than the call: look at memory again then, and send the next question. False: none is.
   */
  wait(call: Call): boolean {
    const token = this.#tokens.get(call.digest)
    if (token === undefined) return false
    token.waiting.push(call)
    return true
  }

  /** The number of a new question; send it in this step. */
  begin(question: Question<Call>): number {
    this.#number += 1
    this.#underWay.set(this.#number, question)
    const token = this.#tokens.get(question.digest)
    if (token === undefined) this.#tokens.set(question.digest, { count: 1, waiting: [] })
    else token.count += 1
    return this.#number
  }

  /** A question is answered: the question, and the calls that came after it. */
  end(number: number): { question: Question<Call>; waiting: readonly Call[] } | undefined {
    const question = this.#underWay.get(number)
    if (question === undefined) return undefined
    this.#underWay.delete(number)
    const token = this.#tokens.get(question.digest)
    if (token === undefined) return { question, waiting: [] }
    const { waiting } = token
    token.waiting = []
    token.count -= 1
    if (token.count === 0) this.#tokens.delete(question.digest)
    return { question, waiting }
  }

  /** The stream is lost: every call that has no answer. */
  endAll(): readonly Call[] {
    const asked = [...this.#underWay.values()].flatMap(({ calls }) => calls)
    const waiting = [...this.#tokens.values()].flatMap((token) => token.waiting)
    this.#underWay.clear()
    this.#tokens.clear()
    return [...asked, ...waiting]
  }
}
