import { type CallerToken, readCallerToken } from '../../../src/edge/caller-token.ts'
import { VerifierError } from '../../../src/edge/verifier-error.ts'
import type { AttemptBody } from './question.ts'
import { toVerdicts } from './to-verdicts.ts'
import type { Verdict } from './verdict.ts'

export interface ServiceOptions {
  /** The address of the service, for example `https://keys.internal`. */
  readonly url: string | URL
  /** A token with the permission `api_key:verify`, or a function that reads the current one. */
  readonly token: CallerToken
  /** How long a call waits for the service, in milliseconds. Default: 2000. */
  readonly timeoutMs?: number | undefined
}

export const defaultTimeoutMs = 2_000

/** Asks the service for verdicts, over HTTP. */
export class Service {
  readonly #single: URL
  readonly #batch: URL
  readonly #token: ServiceOptions['token']
  readonly #timeoutMs: number
  readonly #closing = new AbortController()

  constructor({ url, token, timeoutMs = defaultTimeoutMs }: ServiceOptions) {
    const base = String(url).replace(/\/+$/, '')
    this.#single = new URL(`${base}/v1/verify`)
    this.#batch = new URL(`${base}/v1/verify/batch`)
    this.#token = token
    this.#timeoutMs = timeoutMs
  }

  /** The verdicts on one to 100 attempts, in their order. Rejects with a VerifierError. */
  async ask(attempts: readonly AttemptBody[]): Promise<readonly Verdict[]> {
    const [only] = attempts
    const isSingle = attempts.length === 1
    const url = isSingle ? this.#single : this.#batch
    const body = JSON.stringify(isSingle ? only : { attempts })
    const signal = AbortSignal.any([AbortSignal.timeout(this.#timeoutMs), this.#closing.signal])
    try {
      const response = await this.#send(url, body, signal)
      const answer: unknown = await response.json().catch((error: unknown) => {
        signal.throwIfAborted()
        if (!(error instanceof SyntaxError)) throw error
      })
      if (!response.ok) throw refusalOf(response, answer)
      const verdicts = toVerdicts(answer, attempts.length)
      if (verdicts !== undefined) return verdicts
      throw new VerifierError('unavailable', 'The answer of the service holds no verdict.')
    } catch (error) {
      throw error instanceof VerifierError ? error : this.#outageOf(error)
    }
  }

  /** Ends all requests under way. */
  close(): void {
    this.#closing.abort()
  }

  /** A verification changes nothing, so it is sent again on a connection that was closed. */
  async #send(url: URL, body: string, signal: AbortSignal): Promise<Response> {
    const token = await readCallerToken(this.#token)
    const request = {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
      signal,
      // The body holds tokens: it goes nowhere else.
      redirect: 'error',
    } as const
    try {
      return await fetch(url, request)
    } catch (error) {
      if (signal.aborted) throw error
      return await fetch(url, request)
    }
  }

  #outageOf(cause: unknown): VerifierError {
    if (this.#closing.signal.aborted) return closed()
    const isTimeout = cause instanceof DOMException && cause.name === 'TimeoutError'
    const what = isTimeout
      ? `The service did not answer within ${this.#timeoutMs} ms.`
      : 'The service could not be reached.'
    return new VerifierError('unavailable', what, { cause })
  }
}

export function closed(): VerifierError {
  return new VerifierError('closed', 'The verifier was closed.')
}

function refusalOf({ status, headers }: Response, answer: unknown): VerifierError {
  const detail = detailOf(answer)
  const requestId = headers.get('x-request-id') ?? undefined
  const error = (code: VerifierError['code'], message: string) =>
    new VerifierError(code, `${message}${detail === undefined ? '' : `: ${detail}`}`, { requestId })
  if (status === 401) return error('caller_refused', 'The service refuses the token of this caller')
  if (status === 403) return error('caller_refused', 'The token of this caller may not verify')
  if (status === 400 || status === 413) {
    return error('invalid_attempt', 'The service does not understand the attempt')
  }
  return error('unavailable', `The service answered ${status}`)
}

function detailOf(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('detail' in answer)) return undefined
  return typeof answer.detail === 'string' ? answer.detail : undefined
}
