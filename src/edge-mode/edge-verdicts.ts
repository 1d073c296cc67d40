import type { WireQuestion } from '../domain/edge/edge-message.ts'
import { KnownKey } from '../domain/edge/known-key.ts'
import { maxTokenLength } from '../domain/limits.ts'
import { formatAddress } from '../domain/network/format-address.ts'
import type { Moment } from '../domain/protocol/lease.ts'
import type { Attempt, Verdict } from '../domain/verdict.ts'
import { Attachment, type AttachmentOptions } from '../edge/attachment.ts'
import { EdgeAnswers } from '../edge/edge-answers.ts'
import { moment } from '../edge/moment.ts'
import { VerifierError } from '../edge/verifier-error.ts'
import { createCounters } from '../verification/counters.ts'
import type { Verdicts } from '../verification/verdicts.ts'
import type { BatchAttempt } from '../verification/verify-batch.ts'
import { toEdgeOutage } from './edge-outage.ts'
import { type TimedAsking, WaitingCalls } from './waiting-calls.ts'

/** A verdict of the service, and the epoch of memory when it came. */
interface Answered {
  readonly verdict: Verdict
  readonly epoch: number
}

/** One attempt of a batch. */
interface Case extends BatchAttempt {
  /** What the service said when it was last asked. */
  answered: Answered | undefined
}

/**
 * Verdicts by what an instance of the service has told this process, or by asking it on the stream.
 * Throws ServiceError where there is no verdict.
 */
export class EdgeVerdicts implements Verdicts {
  readonly counters = createCounters()
  readonly attachment: Attachment
  readonly #answers: EdgeAnswers<TimedAsking>
  readonly #timeoutMs: number
  readonly #waiting = new WaitingCalls()
  #attachments = 0
  #unanswered = 0
  #isClosed = false

  constructor(options: AttachmentOptions) {
    this.#timeoutMs = options.timeoutMs
    this.attachment = new Attachment({
      ...options,
      onAttached: () => {
        this.#attachments += 1
        options.onAttached()
        for (const asking of this.#waiting.takeAll()) this.#askInTime(asking)
      },
      onDetached: (error, isNews) => {
        options.onDetached(error, isNews)
        if (this.attachment.hasFailed) {
          for (const asking of this.#waiting.takeAll()) asking.fail(error)
        }
      },
    })
    this.#answers = new EdgeAnswers({
      attachment: this.attachment,
      timeoutMs: options.timeoutMs,
      askOtherwise: (asking) => this.#waitForStream(asking),
    })
  }

  get isAttached(): boolean {
    return this.attachment.follower.isAttached
  }

  /** Why it is not attached, in a sentence. */
  get detachedBy(): string | undefined {
    return this.attachment.detachedBy?.message
  }

  /** How often it has been attached. */
  get attachments(): number {
    return this.#attachments
  }

  /** How long ago the service said anything, in milliseconds; undefined: it never did. */
  get lastContactMs(): number | undefined {
    return this.#attachments === 0 ? undefined : this.attachment.follower.sinceHeardMs()
  }

  /** How long memory may answer from now on, in milliseconds. */
  get leaseRemainingMs(): number {
    return this.attachment.memory.leaseRemainingMs(moment())
  }

  /** Tokens of which it keeps facts. */
  get entries(): number {
    return this.attachment.memory.size
  }

  /** Questions to the service under way. */
  get questions(): number {
    return this.attachment.follower.questions
  }

  /** Calls that got no verdict. */
  get unanswered(): number {
    return this.#unanswered
  }

  verify(text: string, attempt: Attempt): Verdict | Promise<Verdict> {
    if (text.length > maxTokenLength) return this.#count(malformed)
    const known = this.#answers.recall(text, attempt, moment())
    if (known !== undefined) {
      this.counters.cacheHits += 1
      return this.#count(known)
    }
    if (this.#answers.isMalformed(text)) return this.#count(malformed)
    this.counters.cacheMisses += 1
    const dueAt = performance.now() + this.#timeoutMs
    return this.#ask(questionOf(text, attempt), attempt, dueAt).then(({ verdict }) =>
      this.#count(verdict),
    )
  }

  verifyBatch(attempts: readonly BatchAttempt[]): readonly Verdict[] | Promise<readonly Verdict[]> {
    const cases = attempts.map(({ text, attempt }) => ({ text, attempt, answered: undefined }))
    return this.#answerAll(cases, performance.now() + this.#timeoutMs)
  }

  /**
   * Hands over what it has counted, and tells the service that it answers no more. Calls that have
   * no answer by then fail.
   */
  close(): Promise<void> {
    this.#isClosed = true
    for (const asking of this.#waiting.takeAll()) asking.fail(closed())
    return this.attachment.close()
  }

  /**
   * The verdicts, once all can be given in one step: what was known before a wait, or answered
   * first, is looked at again after it. Nothing counts before that.
   */
  #answerAll(
    cases: readonly Case[],
    dueAt: number,
  ): readonly Verdict[] | Promise<readonly Verdict[]> {
    const at = moment()
    const found: { readonly attempt: Attempt; readonly by: KnownKey | Verdict }[] = []
    const unknown: Case[] = []
    for (const one of cases) {
      const by = this.#find(one, at)
      if (by === undefined) unknown.push(one)
      else found.push({ attempt: one.attempt, by })
    }
    if (unknown.length > 0) {
      const answers = unknown.map((one) => this.#askCase(one, dueAt))
      return Promise.all(answers).then(() => this.#answerAll(cases, dueAt))
    }
    return found.map(({ attempt, by }) => {
      if (!(by instanceof KnownKey)) return this.#count(by)
      this.counters.cacheHits += 1
      return this.#count(this.#answers.judge(by, attempt, at))
    })
  }

  /** What answers an attempt in this step; undefined: the service has to be asked. */
  #find({ text, answered }: Case, at: Moment): KnownKey | Verdict | undefined {
    if (answered !== undefined && this.#stands(answered, at)) return answered.verdict
    if (text.length > maxTokenLength) return malformed
    const known = this.#answers.find(text, at)
    if (known !== undefined) return known
    return this.#answers.isMalformed(text) ? malformed : undefined
  }

  /** Whether nothing has narrowed the key since. A denial accepts nothing, whatever came after. */
  #stands({ verdict, epoch }: Answered, at: Moment): boolean {
    const { memory } = this.attachment
    return !verdict.valid || memory.epoch === epoch || memory.isCurrent(epoch, verdict.key, at)
  }

  async #askCase(one: Case, dueAt: number): Promise<void> {
    this.counters.cacheMisses += 1
    one.answered = await this.#ask(questionOf(one.text, one.attempt), one.attempt, dueAt)
  }

  #ask(question: WireQuestion, attempt: Attempt, dueAt: number): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const { memory } = this.attachment
      this.#askInTime({
        question,
        attempt,
        isAbandoned: false,
        dueAt,
        answer: (verdict) => resolve({ verdict, epoch: memory.epoch }),
        fail: (error) => {
          this.#unanswered += 1
          reject(toEdgeOutage(error))
        },
      })
    })
  }

  /** Within the time that is left: what has waited waits no longer for that. */
  #askInTime(asking: TimedAsking): void {
    this.#answers.ask(asking, Math.max(0, asking.dueAt - performance.now()))
  }

  /**
   * An instance that stops ends its streams, and another one is there in a moment: callers wait for
   * that attempt to attach, and for no other.
   */
  #waitForStream(asking: TimedAsking): void {
    const { hasFailed, detachedBy } = this.attachment
    // Nobody attaches any more: neither an attempt that fails nor one that succeeds would end it.
    if (this.#isClosed) asking.fail(closed())
    else if (hasFailed && detachedBy !== undefined) asking.fail(detachedBy)
    else this.#waiting.add(asking)
  }

  #count(verdict: Verdict): Verdict {
    this.counters.verdicts[verdict.valid ? 'valid' : verdict.reason] += 1
    return verdict
  }
}

const malformed: Verdict = { valid: false, reason: 'malformed', key: undefined }

function closed(): VerifierError {
  return new VerifierError('closed', 'The edge was closed.')
}

function questionOf(token: string, { address, permissions, accountId }: Attempt): WireQuestion {
  return {
    token,
    permissions,
    ...(address !== undefined && { clientIp: formatAddress(address) }),
    ...(accountId !== undefined && { accountId }),
  }
}
