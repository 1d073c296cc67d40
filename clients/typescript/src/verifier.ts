import { EventEmitter } from 'node:events'
import { maxTokenLength } from '../../../src/domain/limits.ts'
import { Batcher } from './batcher.ts'
import { attemptOf, type Question, type VerifyOptions } from './question.ts'
import { closed, Service, type ServiceOptions } from './service.ts'
import type { Verdict } from './verdict.ts'
import { VerifierError } from './verifier-error.ts'

export interface VerifierOptions extends ServiceOptions {
  /** How many calls may wait to be sent before others are refused. Default: 10,000. */
  readonly maxWaiting?: number | undefined
}

/** What a verifier has done so far. */
export interface VerifierCounters {
  valid: number
  denied: number
  /** Calls without a verdict. */
  failed: number
  requests: number
}

/** `Ready` says why not, in an error that `verify` would reject with. */
export type Ready =
  | { readonly isReady: true }
  | { readonly isReady: false; readonly error: VerifierError }

/** What verifies tokens: a Verifier, or what `createTestVerifier` makes. */
export interface TokenVerifier {
  /** The verdict on a token. Rejects with a VerifierError if there is none: never a denial. */
  verify(token: string, options?: VerifyOptions): Promise<Verdict>
}

const defaultMaxWaiting = 10_000

/**
 * Asks the service for each verdict, and keeps none. Emits `unavailable` with the error when the
 * service fails for the first time, and `available` when it answers again.
 */
export class Verifier
  extends EventEmitter<{ unavailable: [VerifierError]; available: [] }>
  implements TokenVerifier, AsyncDisposable
{
  readonly counters: VerifierCounters = { valid: 0, denied: 0, failed: 0, requests: 0 }
  readonly #service: Service
  readonly #batcher: Batcher
  readonly #maxWaiting: number
  #isFailing = false
  #isClosed = false

  constructor(options: VerifierOptions) {
    super()
    this.#service = new Service(options)
    this.#maxWaiting = options.maxWaiting ?? defaultMaxWaiting
    this.#batcher = new Batcher(this.#service, () => {
      this.counters.requests += 1
    })
  }

  verify(token: string, options: VerifyOptions = {}): Promise<Verdict> {
    if (this.#isClosed) return this.#refuse(closed())
    if (options.signal?.aborted === true) return Promise.reject(options.signal.reason)
    if (token.length > maxTokenLength) {
      return Promise.resolve(this.#count({ valid: false, reason: 'malformed' }))
    }
    if (this.#batcher.waiting >= this.#maxWaiting) {
      return this.#refuse(
        new VerifierError('overloaded', `${this.#maxWaiting} verifications wait already.`),
      )
    }
    return this.#ask(token, options)
  }

  /** Whether the service answers, and accepts the token of this caller. */
  async ready(): Promise<Ready> {
    if (this.#isClosed) return { isReady: false, error: closed() }
    try {
      // The service judges it malformed, once it has authenticated the caller.
      await this.#service.ask([{ token: 'ready' }])
      return { isReady: true }
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
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #ask(token: string, { signal, ...options }: VerifyOptions): Promise<Verdict> {
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
      this.#batcher.add(question)
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

/** A verifier that asks the service at `url` for each verdict. */
export function createVerifier(options: VerifierOptions): Verifier {
  return new Verifier(options)
}
