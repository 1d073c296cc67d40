import type { WireQuestion } from '../domain/edge/edge-message.ts'
import { maxTokenLength } from '../domain/limits.ts'
import { formatAddress } from '../domain/network/format-address.ts'
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
        for (const asking of this.#waiting.takeAll()) this.#askAgain(asking)
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

  /** How often it has been attached. */
  get attachments(): number {
    return this.#attachments
  }

  /** How long ago the service said anything, in milliseconds; undefined: it never did. */
  get lastContactMs(): number | undefined {
    return this.#attachments === 0 ? undefined : this.attachment.follower.silentMs()
  }

  /** How long memory may answer from now on, in milliseconds. */
  get leaseRemainingMs(): number {
    return this.attachment.memory.leaseRemainingMs(moment())
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
    return this.#ask(questionOf(text, attempt), attempt)
  }

  verifyBatch(attempts: readonly BatchAttempt[]): readonly Verdict[] | Promise<readonly Verdict[]> {
    const verdicts = attempts.map(({ text, attempt }) => this.verify(text, attempt))
    return verdicts.every(isKnown) ? verdicts : Promise.all(verdicts)
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

  #ask(question: WireQuestion, attempt: Attempt): Promise<Verdict> {
    return new Promise((resolve, reject) => {
      this.#answers.ask({
        question,
        attempt,
        isAbandoned: false,
        dueAt: performance.now() + this.#timeoutMs,
        answer: (verdict) => resolve(this.#count(verdict)),
        fail: (error) => {
          this.#unanswered += 1
          reject(toEdgeOutage(error))
        },
      })
    })
  }

  /** Within the time that is left: what waited for a stream waits no longer for that. */
  #askAgain(asking: TimedAsking): void {
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

function isKnown(verdict: Verdict | Promise<Verdict>): verdict is Verdict {
  return !(verdict instanceof Promise)
}

function questionOf(token: string, { address, permissions, accountId }: Attempt): WireQuestion {
  return {
    token,
    permissions,
    ...(address !== undefined && { clientIp: formatAddress(address) }),
    ...(accountId !== undefined && { accountId }),
  }
}
