import type { Json } from '../helpers/api.ts'
import type { Act, Call, Outcome, ReceiptSeen, Seen } from './history.ts'
import type { ChaosInstance } from './instance.ts'

const giveUpAfterMs = 12_000

/** A request, and what it is in the words of the history. */
export interface Request {
  readonly via: ChaosInstance
  /** Whose token is sent; null: the root key's. */
  readonly by: Author | null
  readonly act: Act
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH'
  readonly path: string
  readonly body?: object
}

export interface Author {
  readonly name: string
  readonly token: string
}

export interface Response {
  readonly outcome: Outcome
  /** The receipt with all its numbers, when there is one. */
  readonly receipt: FullReceipt | undefined
  /** What came with an answer of success. */
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

  /** For what belongs to no history: the making of accounts, and pages of lists. Undefined: it had no answer of success. */
  async ask(
    via: ChaosInstance,
    method: Request['method'],
    path: string,
    body?: object,
  ): Promise<Json> {
    const answer = await this.#fetch({ via, by: null, method, path, ...(body && { body }) }).catch(
      () => undefined,
    )
    return answer !== undefined && answer.status < 300 ? answer.body : undefined
  }

  /** Records what was looked up by other calls, from `start` until now. */
  noteSeen(via: ChaosInstance, start: number, act: Act, seen: Seen): void {
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
  }: Omit<Request, 'act'>): Promise<{ status: number; body: Json } | undefined> {
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
  const told = receipt && { revision: receipt.revision, id: receipt.id, state: receipt.state }
  const verdict = act.kind === 'verify' && { valid: body.valid, reason: body.reason ?? null }
  const outcome: Outcome = {
    kind: 'done',
    ...(told && { receipt: told }),
    ...(verdict && { verdict }),
  }
  return { outcome, receipt, body }
}

function receiptOf(body: Json): FullReceipt | undefined {
  if (body === undefined) return undefined
  const { revision, id, state, live, waiting_for: waitingFor } = body
  return { revision, id, state, live, waitingFor: waitingFor.length }
}

/** A connection that nobody accepted carried nothing. Any other failure leaves it open what came of the request. */
function failureOf(error: unknown): Outcome {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'ECONNREFUSED') return { kind: 'unreached' }
  return { kind: 'unknown', why: code || String(cause) }
}
