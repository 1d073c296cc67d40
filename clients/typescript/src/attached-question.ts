import type { WireQuestion } from '../../../src/domain/edge/edge-message.ts'
import type { Attempt } from '../../../src/domain/verdict.ts'
import type { Attachment } from '../../../src/edge/attachment.ts'
import type { Asking } from '../../../src/edge/edge-answers.ts'
import type { AttemptBody, Question } from './question.ts'
import { verdictOf } from './verdict-of.ts'

/** A question that is asked on the stream, or over HTTP while there is none. */
export interface AttachedQuestion extends Asking {
  readonly asked: Question
}

export function attachedQuestion(
  asked: Question,
  attempt: Attempt,
  attachment: Attachment,
): AttachedQuestion {
  return {
    asked,
    question: wireQuestionOf(asked.attempt),
    attempt,
    get isAbandoned() {
      return asked.isAbandoned
    },
    answer: (judged) => asked.answer(verdictOf(judged, attachment)),
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
