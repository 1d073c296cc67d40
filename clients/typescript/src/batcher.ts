import { maxAttemptsPerBatch } from '../../../src/domain/limits.ts'
import { VerifierError } from '../../../src/edge/verifier-error.ts'
import type { Question } from './question.ts'
import type { Service } from './service.ts'

/** Requests under way: further questions wait, and gather in larger batches meanwhile. */
const maxRequests = 16

/** Gathers the questions of one turn of the event loop into batches, and sends them. */
export class Batcher {
  readonly #service: Pick<Service, 'ask'>
  readonly #onRequest: () => void
  #waiting: Question[] = []
  #underWay = 0
  #isScheduled = false

  constructor(service: Pick<Service, 'ask'>, onRequest: () => void) {
    this.#service = service
    this.#onRequest = onRequest
  }

  /** How many questions are not sent yet. */
  get waiting(): number {
    return this.#waiting.length
  }

  add(question: Question): void {
    this.#waiting.push(question)
    this.#schedule()
  }

  /** Fails the questions that are not sent yet. */
  failWaiting(error: VerifierError): void {
    const failed = this.#waiting
    this.#waiting = []
    for (const question of failed) question.fail(error)
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#sendWaiting()
    })
  }

  #sendWaiting(): void {
    this.#waiting = this.#waiting.filter(({ isAbandoned }) => !isAbandoned)
    while (this.#waiting.length > 0 && this.#underWay < maxRequests) {
      void this.#send(this.#waiting.splice(0, maxAttemptsPerBatch))
    }
  }

  async #send(questions: readonly Question[]): Promise<void> {
    this.#underWay += 1
    try {
      await this.#ask(questions)
    } finally {
      this.#underWay -= 1
      if (this.#waiting.length > 0) this.#schedule()
    }
  }

  async #ask(questions: readonly Question[]): Promise<void> {
    try {
      this.#onRequest()
      const verdicts = await this.#service.ask(questions.map(({ attempt }) => attempt))
      for (const [index, question] of questions.entries()) {
        const verdict = verdicts[index]
        if (verdict !== undefined) question.answer(verdict)
      }
    } catch (error) {
      if (isFaultOfOne(error) && questions.length > 1) {
        // One invalid attempt spoils its batch: the halves are asked apart, so that it is found.
        const middle = Math.ceil(questions.length / 2)
        const halves = [questions.slice(0, middle), questions.slice(middle)]
        await Promise.all(halves.map((half) => this.#ask(half)))
        return
      }
      for (const question of questions) question.fail(error)
    }
  }
}

function isFaultOfOne(error: unknown): boolean {
  return error instanceof VerifierError && error.code === 'invalid_attempt'
}
