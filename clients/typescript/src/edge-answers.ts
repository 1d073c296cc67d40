import type { NoAnswer } from '../../../src/domain/edge/edge-call.ts'
import type { WireQuestion } from '../../../src/domain/edge/edge-message.ts'
import type { KnownKey } from '../../../src/domain/edge/known-key.ts'
import type { Moment } from '../../../src/domain/protocol/lease.ts'
import { looksLikeJwt } from '../../../src/domain/token/jwt-form.ts'
import { parseToken } from '../../../src/domain/token/token.ts'
import { type Attempt, judge } from '../../../src/domain/verdict.ts'
import { digest } from './digest.ts'
import type { EdgeClient, EdgeClientCall } from './edge-client.ts'
import { moment } from './moment.ts'
import type { AttemptBody, Question } from './question.ts'
import type { Verdict } from './verdict.ts'
import { verdictOf } from './verdict-of.ts'
import { VerifierError } from './verifier-error.ts'

export interface EdgeAnswersOptions {
  readonly client: EdgeClient
  readonly timeoutMs: number
  /** Asks the service otherwise, while no stream can be asked. */
  readonly askOtherwise: (question: Question) => void
}

/** Answers calls by what the service has told this process, or asks on the stream. */
export class EdgeAnswers {
  readonly #options: EdgeAnswersOptions

  constructor(options: EdgeAnswersOptions) {
    this.#options = options
  }

  /**
   * The verdict by memory; undefined: the service has to be asked. It counts from this step on, so
   * that the caller must not wait before it uses the verdict.
   */
  recall(token: string, attempt: Attempt, clientIp: string | undefined, at: Moment) {
    const known = this.#options.client.memory.recall(digest(token), at)
    return known && this.#judge(known, attempt, clientIp, at)
  }

  /** Whether no token of the service looks like this. */
  isMalformed(token: string): boolean {
    return parseToken(token) === undefined && !looksLikeJwt(token)
  }

  ask(question: Question, attempt: Attempt): void {
    const { client, timeoutMs } = this.#options
    const { token, client_ip: clientIp } = question.attempt
    const timer = setTimeout(() => {
      call.isOver = true
      const message = `The service did not answer within ${timeoutMs} ms.`
      question.fail(new VerifierError('unavailable', message))
    }, timeoutMs)
    const end = () => {
      clearTimeout(timer)
      const isFirst = !call.isOver
      call.isOver = true
      return isFirst && !question.isAbandoned
    }
    const call: EdgeClientCall & { isOver: boolean } = {
      digest: digest(token),
      asked: wireQuestionOf(question.attempt),
      attempt: attemptName(question.attempt),
      isOver: false,
      judge: (known) => {
        if (end()) question.answer(this.#judge(known, attempt, clientIp, moment()))
      },
      answer: (judged) => {
        if (end()) question.answer(verdictOf(judged, Date.now(), client.expiryWarningMs))
      },
      fail: (why) => {
        if (end()) this.#fail(question, why)
      },
    }
    client.follower.verify(call)
  }

  #judge(known: KnownKey, attempt: Attempt, clientIp: string | undefined, at: Moment): Verdict {
    const { client } = this.#options
    const nowMs = client.follower.wallMs(at)
    const judged = judge(known.key, attempt, new Date(nowMs))
    if (judged.valid) client.reports.used(known, nowMs)
    else client.reports.denied(known.id, judged.reason, clientIp, nowMs)
    return verdictOf(judged, nowMs, client.expiryWarningMs)
  }

  #fail(question: Question, why: NoAnswer): void {
    if (why === 'unattached') this.#options.askOtherwise(question)
    else question.fail(errorOf(why))
  }
}

function errorOf(why: Exclude<NoAnswer, 'unattached'>): VerifierError {
  switch (why) {
    case 'unavailable':
      return new VerifierError('unavailable', 'The service could not give a verdict.')
    case 'overloaded':
      return new VerifierError('overloaded', 'Too many questions wait for the service.')
    case 'invalid':
      return new VerifierError('invalid_attempt', 'The service does not understand the attempt.')
  }
}

function wireQuestionOf(attempt: AttemptBody): WireQuestion {
  const { token, client_ip: clientIp, permissions, account_id: accountId } = attempt
  return {
    token,
    ...(clientIp !== undefined && { clientIp }),
    ...(permissions !== undefined && { permissions }),
    ...(accountId !== undefined && { accountId }),
  }
}

function attemptName({ client_ip, permissions, account_id }: AttemptBody): string {
  return JSON.stringify([client_ip, permissions, account_id])
}
