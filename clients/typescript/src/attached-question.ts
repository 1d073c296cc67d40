import type { WireQuestion } from '../../../src/domain/edge/edge-message.ts'
import type { Attempt, Verdict as Judged } from '../../../src/domain/verdict.ts'
import type { Asking } from '../../../src/edge/edge-answers.ts'
import type { AttemptBody, Question } from './question.ts'
import type { Verdict } from './verdict.ts'

/** A question that is asked on the stream, or over HTTP while there is none. */
export interface AttachedQuestion extends Asking {
  readonly asked: Question
}

export function attachedQuestion(
  asked: Question,
  attempt: Attempt,
  toVerdict: (judged: Judged) => Verdict,
): AttachedQuestion {
  return {
    asked,
    question: wireQuestionOf(asked.attempt),
    attempt,
    get isAbandoned() {
      return asked.isAbandoned
    },
    answer: (judged) => asked.answer(toVerdict(judged)),
    fail: (error) => asked.fail(error),
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
