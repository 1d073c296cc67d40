import { EventEmitter } from 'node:events'
import { maxTokenLength } from '../../../src/domain/limits.ts'
import type { Moment } from '../../../src/domain/protocol/lease.ts'
import type { Attempt } from '../../../src/domain/verdict.ts'
import { Attachment } from '../../../src/edge/attachment.ts'
import { EdgeAnswers } from '../../../src/edge/edge-answers.ts'
import { moment } from '../../../src/edge/moment.ts'
import { VerifierError } from '../../../src/edge/verifier-error.ts'
import { type AttachedQuestion, attachedQuestion } from './attached-question.ts'
import { toAttempt } from './attempt.ts'
import { Batcher } from './batcher.ts'
import { Pace } from './pace.ts'
import { attemptOf, type Question, type VerifyOptions } from './question.ts'
import { closed, defaultTimeoutMs, Service } from './service.ts'
import type { Verdict } from './verdict.ts'
import { verdictOf } from './verdict-of.ts'
import type { Ready, TokenVerifier, VerifierCounters, VerifierOptions } from './verifier-types.ts'

const defaultMaxWaiting = 10_000
const defaultMaxKeys = 100_000

/**
 * Gives verdicts, from memory or by asking the service. Emits `unavailable` with the error when the
 * service fails for the first time, and `available` when it answers again; `detached` with the
 * reason when it is not attached, and `attached` when it is.
 */
export class Verifier
  extends EventEmitter<{
    unavailable: [VerifierError]
    available: []
    attached: []
    detached: [VerifierError]
  }>
  implements TokenVerifier, AsyncDisposable
{
  readonly counters: VerifierCounters = {
    valid: 0,
    denied: 0,
    failed: 0,
    requests: 0,
    fromMemory: 0,
  }
  readonly #service: Service
  readonly #batcher: Batcher
  readonly #maxWaiting: number
  readonly #answers: EdgeAnswers<AttachedQuestion> | undefined
  readonly #pace = new Pace()
  #isFailing = false
  #isClosed = false

  constructor(options: VerifierOptions) {
    super()
    this.#service = new Service(options)
    this.#maxWaiting = options.maxWaiting ?? defaultMaxWaiting
    this.#batcher = new Batcher(this.#service, () => {
      this.counters.requests += 1
    })
    if (options.mode === 'remote') return
    const { url, token, maxKeys = defaultMaxKeys, timeoutMs = defaultTimeoutMs } = options
    const attachment = new Attachment({
      url,
      token,
      maxKeys,
      timeoutMs,
      onAttached: () => this.emit('attached'),
      onDetached: (error, isNews) => {
        if (isNews) this.emit('detached', error)
      },
    })
    this.#answers = new EdgeAnswers({
      attachment,
      timeoutMs,
      askOtherwise: ({ asked }) => this.#askByHttp(asked),
    })
  }

  verify(token: string, options?: VerifyOptions): Promise<Verdict> {
    if (this.#isClosed) return this.#refuse(closed())
    if (options?.signal?.aborted === true) return Promise.reject(options.signal.reason)
    if (token.length > maxTokenLength) {
      return Promise.resolve(this.#count({ valid: false, reason: 'malformed' }))
    }
    if (this.#answers === undefined) {
      return this.#ask(token, options, (question) => this.#askByHttp(question))
    }
    return this.#verifyAttached(token, options, this.#answers)
  }

  /**
   * The verdict by memory, in this step; undefined: ask, by `verify`. Throws a VerifierError for an
   * invalid attempt. A loop that never lets the event loop turn loses its lease.
   */
  verifySync(token: string, options?: VerifyOptions): Verdict | undefined {
    if (this.#isClosed || this.#answers === undefined || token.length > maxTokenLength) {
      return undefined
    }
    return this.#recall(this.#answers, token, toAttempt(options), moment())
  }

  /**
   * Whether there are verdicts: the service answers, and accepts the token of this caller. Waits
   * for the first attempt to attach.
   */
  async ready(): Promise<Ready> {
    const attachment = this.#answers?.attachment
    await attachment?.settled
    if (this.#isClosed) return { isReady: false, error: closed() }
    if (attachment?.memory.holdsLease(moment())) return { isReady: true, isAttached: true }
    try {
      // The service judges it malformed, once it has authenticated the caller.
      await this.#service.ask([{ token: 'ready' }])
      const { isAttached = false } = attachment?.follower ?? {}
      const detachedBy = attachment?.detachedBy
      return { isReady: true, isAttached, ...(detachedBy !== undefined && { detachedBy }) }
    } catch (error) {
      if (error instanceof VerifierError) return { isReady: false, error }
      throw error
    }
  }

  /** Rejects the calls under way, and all that follow. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#batcher.failWaiting(closed())
    this.#service.close()
    await this.#answers?.attachment.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #verifyAttached(
    token: string,
    options: VerifyOptions | undefined,
    answers: EdgeAnswers<AttachedQuestion>,
  ): Promise<Verdict> {
    const at = moment()
    if (this.#pace.isTurnDue(at.monotonic)) {
      return this.#pace.turn().then(() => this.verify(token, options))
    }
    try {
      const attempt = toAttempt(options)
      const known = this.#recall(answers, token, attempt, at)
      if (known !== undefined) return Promise.resolve(known)
      if (answers.isMalformed(token)) {
        return Promise.resolve(this.#count({ valid: false, reason: 'malformed' }))
      }
      return this.#ask(token, options, (question) =>
        answers.ask(attachedQuestion(question, attempt, answers.attachment)),
      )
    } catch (error) {
      if (error instanceof VerifierError) return this.#refuse(error)
      throw error
    }
  }

  #recall(
    answers: EdgeAnswers<AttachedQuestion>,
    token: string,
    attempt: Attempt,
    at: Moment,
  ): Verdict | undefined {
    const judged = answers.recall(token, attempt, at)
    if (judged === undefined) return undefined
    this.counters.fromMemory += 1
    return this.#count(verdictOf(judged, answers.attachment))
  }

  #askByHttp(question: Question): void {
    if (this.#isClosed) question.fail(closed())
    else if (this.#batcher.waiting < this.#maxWaiting) this.#batcher.add(question)
    else {
      const message = `${this.#maxWaiting} verifications wait already.`
      question.fail(new VerifierError('overloaded', message))
    }
  }

  #ask(
    token: string,
    { signal, ...options }: VerifyOptions = {},
    send: (question: Question) => void,
  ): Promise<Verdict> {
    return new Promise((resolve, reject) => {
      const question: Question = {
        attempt: attemptOf(token, options),
        isAbandoned: false,
        answer: (verdict) => {
          signal?.removeEventListener('abort', abandon)
          this.#recover()
          if (!question.isAbandoned) resolve(this.#count(verdict))
        },
        fail: (error) => {
          signal?.removeEventListener('abort', abandon)
          if (error instanceof VerifierError) this.#fail(error)
          if (!question.isAbandoned) this.counters.failed += 1
          reject(error)
        },
      }
      const abandon = () => {
        question.isAbandoned = true
        this.counters.failed += 1
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', abandon, { once: true })
      send(question)
    })
  }

  #count(verdict: Verdict): Verdict {
    if (verdict.valid) this.counters.valid += 1
    else this.counters.denied += 1
    return verdict
  }

  #refuse(error: VerifierError): Promise<never> {
    this.counters.failed += 1
    return Promise.reject(error)
  }

  #fail(error: VerifierError): void {
    const isOutage = error.code === 'unavailable' || error.code === 'caller_refused'
    if (this.#isFailing || !isOutage) return
    this.#isFailing = true
    this.emit('unavailable', error)
  }

  #recover(): void {
    if (!this.#isFailing) return
    this.#isFailing = false
    this.emit('available')
  }
}

/** A verifier of the tokens of the service at `url`. */
export function createVerifier(options: VerifierOptions): Verifier {
  return new Verifier(options)
}
