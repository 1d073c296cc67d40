import type { Json } from '../helpers/api.ts'
import type { Act, Call, Outcome, ReceiptSeen, Seen } from './history.ts'
import type { ChaosInstance } from './instance.ts'

const giveUpAfterMs = 12_000

/** A request, and the act that it stands for in the history. */
export interface Request {
  readonly via: ChaosInstance
  /** The key whose token is sent; null: the root key. */
  readonly by: Author | null
  readonly act: Act
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH'
  readonly path: string
  readonly body?: object
}

type Sent = Omit<Request, 'act' | 'via'> & { readonly via: Pick<ChaosInstance, 'url'> }

export interface Author {
  readonly name: string
  readonly token: string
}

export interface Response {
  readonly outcome: Outcome
  /** The receipt with all its numbers, when there is one. */
  readonly receipt: FullReceipt | undefined
  /** The body of a successful answer. */
  readonly body: Json
}

export interface FullReceipt extends ReceiptSeen {
  readonly live: number
  readonly waitingFor: number
}

/** Calls the instances, and records each call. */
export class Caller {
  readonly #rootToken: string
  readonly #record: (call: Call) => void

  constructor(rootToken: string, record: (call: Call) => void) {
    this.#rootToken = rootToken
    this.#record = record
  }

  async call(request: Request): Promise<Response> {
    const { via, by, act } = request
    const start = performance.now()
    const { outcome, receipt, body } = await this.#send(request)
    const end = performance.now()
    this.#record({ start, end, via: via.name, by: by?.name ?? null, act, outcome })
    return { outcome, receipt, body }
  }

  /**
   * A call that is no part of the history: creating accounts, and pages of lists. Undefined: it did
   * not succeed.
   */
  async ask(
    via: Pick<ChaosInstance, 'url'>,
    method: Request['method'],
    path: string,
    body?: object,
  ): Promise<Json> {
    const answer = await this.#fetch({ via, by: null, method, path, ...(body && { body }) }).catch(
      () => undefined,
    )
    return answer !== undefined && answer.status < 300 ? answer.body : undefined
  }

  /** Records what other calls have read, from `start` until now. */
  recordRead(via: Pick<ChaosInstance, 'name'>, start: number, act: Act, seen: Seen): void {
    const outcome: Outcome = { kind: 'done', seen }
    this.#record({ start, end: performance.now(), via: via.name, by: null, act, outcome })
  }

  async #send(request: Request): Promise<Response> {
    try {
      const answer = await this.#fetch(request)
      if (answer === undefined) return nothingBut({ kind: 'unreached' })
      const { status, body } = answer
      if (status < 300) return success(request.act, body)
      const code = String(body?.code)
      if (code === 'outcome_unknown') return nothingBut({ kind: 'unknown', why: code })
      return nothingBut({ kind: 'refused', status, code })
    } catch (error) {
      return nothingBut(failureOf(error))
    }
  }

  async #fetch({
    via,
    by,
    method,
    path,
    body,
  }: Sent): Promise<{ status: number; body: Json } | undefined> {
    if (via.url === undefined) return undefined
    const response = await fetch(via.url + path, {
      method,
      headers: {
        authorization: `Bearer ${by?.token ?? this.#rootToken}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(giveUpAfterMs),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }
}

function nothingBut(outcome: Outcome): Response {
  return { outcome, receipt: undefined, body: undefined }
}

function success(act: Act, body: Json): Response {
  const receipt = receiptOf(body?.receipt)
  const shown = receipt && { revision: receipt.revision, id: receipt.id, state: receipt.state }
  const verdict = act.kind === 'verify' && { valid: body.valid, reason: body.reason ?? null }
  const outcome: Outcome = {
    kind: 'done',
    ...(shown && { receipt: shown }),
    ...(verdict && { verdict }),
  }
  return { outcome, receipt, body }
}

function receiptOf(body: Json): FullReceipt | undefined {
  if (body === undefined) return undefined
  const { revision, id, state, live, waiting_for: waitingFor } = body
  return { revision, id, state, live, waitingFor: waitingFor.length }
}

/**
 * A refused connection carried nothing. After any other failure, the request may have taken effect
 * or not.
 */
function failureOf(error: unknown): Outcome {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'ECONNREFUSED') return { kind: 'unreached' }
  return { kind: 'unknown', why: code || String(cause) }
}
