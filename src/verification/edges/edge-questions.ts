import type { ToEdge, WireAnswer, WireQuestion } from '../../domain/edge/edge-message.ts'
import type { Verdict } from '../../domain/verdict.ts'
import { answerToCurrent } from '../current-caller.ts'
import { verify } from '../verify.ts'
import { Announcements } from './announcements.ts'
import { answerOf, attemptOf, outageOf } from './edge-answers.ts'
import { type EdgeAuthority, logFault } from './edge-authority.ts'
import type { EdgesDeps } from './edges-deps.ts'

/** Questions of one edge under way at a time. */
export const maxQuestions = 1_000

export interface EdgeQuestionsOptions {
  readonly deps: EdgesDeps
  readonly authority: EdgeAuthority
  readonly send: (message: Announcement | ToEdge<WireAnswer>) => void
  /** Whether facts may be sent in this step. */
  readonly mayKeep: () => boolean
  readonly onFactsSent: () => void
}

type Judge = () => Verdict | Promise<Verdict>
type Announcement = Parameters<ConstructorParameters<typeof Announcements>[0]>[0]

/** Answers the questions of one edge. */
export class EdgeQuestions {
  readonly #options: EdgeQuestionsOptions
  readonly #announcements: Announcements
  #underWay = 0

  constructor(options: EdgeQuestionsOptions) {
    this.#options = options
    this.#announcements = new Announcements(options.send)
  }

  /**
   * Answers in a turn of its own: edges that attach anew ask for all their keys at once, and one
   * read of a stream holds hundreds of questions. Beats and confirmations do not wait for them.
   */
  ask(question: number, of: WireQuestion): void {
    const { deps } = this.#options
    const attempt = attemptOf(of)
    if (attempt === undefined || this.#underWay >= maxQuestions) {
      const cause = attempt === undefined ? 'invalid' : 'overloaded'
      this.#send(question, { kind: 'no_verdict', cause })
      return
    }
    void this.#answerInTurn(question, of.token, () => verify(deps, of.token, attempt))
  }

  async #answerInTurn(question: number, token: string, judge: Judge): Promise<void> {
    const { deps, authority } = this.#options
    this.#underWay += 1
    try {
      await deps.turns.run(authority.caller.key.accountId, async () => {
        const verdict = judge()
        if (verdict instanceof Promise || !authority.isCurrent) {
          await this.#settle(question, token, judge, verdict)
        } else this.#answer(question, token, verdict)
      })
    } catch (error) {
      logFault(deps, error)
      this.#send(question, outageOf(error))
    } finally {
      this.#underWay -= 1
    }
  }

  /** The caller is found current once the verdict is there, as for a request. */
  async #settle(
    question: number,
    token: string,
    judge: Judge,
    first: Verdict | Promise<Verdict>,
  ): Promise<void> {
    const { deps, authority } = this.#options
    const answering = { caller: () => authority.caller, admit: () => authority.renew(), judge }
    this.#answer(question, token, await answerToCurrent(deps, answering, await first))
  }

  #answer(question: number, token: string, verdict: Verdict): void {
    const { deps, mayKeep, onFactsSent } = this.#options
    const asked = { token, mayKeep: mayKeep() }
    const answer = answerOf(deps.cache, this.#announcements, verdict, asked)
    if (answer.kind === 'verdict' && answer.mayKeep) onFactsSent()
    this.#send(question, answer)
  }

  #send(question: number, answer: WireAnswer): void {
    this.#options.send({ kind: 'answered', question, answer })
  }
}
