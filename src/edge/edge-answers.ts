import type { NoAnswer } from '../domain/edge/edge-call.ts'
import type { WireQuestion } from '../domain/edge/edge-message.ts'
import type { KnownKey } from '../domain/edge/known-key.ts'
import type { Moment } from '../domain/protocol/lease.ts'
import { digest } from '../domain/token/digest.ts'
import { looksLikeJwt } from '../domain/token/jwt-form.ts'
import { parseToken } from '../domain/token/token.ts'
import { type Attempt, judge, type Verdict } from '../domain/verdict.ts'
import type { AttachedCall, Attachment } from './attachment.ts'
import { moment } from './moment.ts'
import { VerifierError } from './verifier-error.ts'

export interface EdgeAnswersOptions<Call extends Asking> {
  readonly attachment: Attachment
  readonly timeoutMs: number
  /** Asks otherwise, while no stream can be asked. */
  readonly askOtherwise: (asking: Call) => void
}

/** One call that memory does not answer. It is answered once, or fails. */
export interface Asking {
  readonly question: WireQuestion
  /** The conditions of the question. */
  readonly attempt: Attempt
  /** Whether nobody waits any more. */
  readonly isAbandoned: boolean
  answer(verdict: Verdict): void
  fail(error: VerifierError): void
}

/** Answers calls by what the service has told this process, or asks on the stream. */
export class EdgeAnswers<Call extends Asking> {
  readonly #options: EdgeAnswersOptions<Call>
  /** One for all judgements: each Date is a hundred bytes of garbage. */
  readonly #now = new Date(0)

  constructor(options: EdgeAnswersOptions<Call>) {
    this.#options = options
  }

  get attachment(): Attachment {
    return this.#options.attachment
  }

  /**
   * The verdict by memory; undefined: the service has to be asked. It counts from this step on, so
   * that the caller must not wait before it uses the verdict.
   */
  recall(token: string, attempt: Attempt, at: Moment): Verdict | undefined {
    const known = this.find(token, at)
    return known && this.judge(known, attempt, at)
  }

  /** What memory knows of a token. Judge it in the same step; nothing counts before that. */
  find(token: string, at: Moment): KnownKey | undefined {
    return this.attachment.memory.recall(digest(token), at)
  }

  /** The verdict by what memory has just told. It counts from this step on. */
  judge(known: KnownKey, attempt: Attempt, at: Moment): Verdict {
    const { follower, reports } = this.attachment
    const nowMs = follower.wallMs(at)
    this.#now.setTime(nowMs)
    const verdict = judge(known.key, attempt, this.#now)
    if (verdict.valid) reports.used(known, nowMs)
    else reports.denied(known.id, verdict.reason, addressTextOf(attempt), nowMs)
    return verdict
  }

  /** Whether no token of the service looks like this. */
  isMalformed(token: string): boolean {
    return parseToken(token) === undefined && !looksLikeJwt(token)
  }

  /** Asks on the stream; a call that has waited before has less than the whole time left. */
  ask(asking: Call, remainingMs = this.#options.timeoutMs): void {
    const { timeoutMs } = this.#options
    const { question, attempt } = asking
    const timer = setTimeout(() => {
      call.isOver = true
      const message = `The service did not answer within ${timeoutMs} ms.`
      asking.fail(new VerifierError('unavailable', message))
    }, remainingMs)
    const end = () => {
      clearTimeout(timer)
      const isFirst = !call.isOver
      call.isOver = true
      return isFirst && !asking.isAbandoned
    }
    const call: AttachedCall & { isOver: boolean } = {
      digest: digest(question.token),
      asked: question,
      attempt: attemptName(question),
      isOver: false,
      judge: (known) => {
        if (end()) asking.answer(this.judge(known, attempt, moment()))
      },
      answer: (verdict) => {
        if (end()) asking.answer(verdict)
      },
      fail: (why) => {
        if (end()) this.#fail(asking, why)
      },
    }
    this.attachment.follower.verify(call)
  }

  #fail(asking: Call, why: NoAnswer): void {
    if (why === 'unattached') this.#options.askOtherwise(asking)
    else asking.fail(errorOf(why))
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

/** Any form will do: the instance writes the canonical one, and needs a package for it. */
function addressTextOf({ address }: Attempt): string | undefined {
  if (address === undefined) return undefined
  const { family, value } = address
  if (family === 6) return groupsOf(value.toString(16).padStart(32, '0'), 4).join(':')
  return groupsOf(value.toString(16).padStart(8, '0'), 2)
    .map((byte) => Number.parseInt(byte, 16))
    .join('.')
}

function groupsOf(digits: string, length: number): readonly string[] {
  const count = digits.length / length
  return Array.from({ length: count }, (_, at) => digits.slice(at * length, (at + 1) * length))
}

function attemptName({ clientIp, permissions, accountId }: WireQuestion): string {
  return JSON.stringify([clientIp, permissions, accountId])
}
