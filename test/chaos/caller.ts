import type { Json } from '../helpers/api.ts'
import type { Acceptor } from './chaos-process.ts'
import type { Act, Call, Outcome, ReceiptSeen, Seen } from './history.ts'

const giveUpAfterMs = 12_000

/** A request, and the act that it stands for in the history. */
export interface Request {
  readonly via: Acceptor
  /** The key whose token is sent; null: the root key. */
  readonly by: Author | null
  readonly act: Act
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: object
  /** A request of the console, which sends no token: with this session, or before there is one. */
  readonly session?: string | null
}

type Sent = Omit<Request, 'act' | 'via'> & { readonly via: Pick<Acceptor, 'url'> }

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
  /** The session token that a successful answer sets. */
  readonly session?: string | undefined
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
    const { outcome, receipt, body, session } = await this.#send(request)
    const end = performance.now()
    this.#record({ start, end, via: via.name, by: by?.name ?? null, act, outcome })
    return { outcome, receipt, body, session }
  }

  /**
   * A call that is no part of the history: creating accounts, and pages of lists. Undefined: it did
   * not succeed.
   */
  async ask(
    via: Pick<Acceptor, 'url'>,
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
  recordRead(via: Pick<Acceptor, 'name'>, start: number, act: Act, seen: Seen): void {
    const outcome: Outcome = { kind: 'done', seen }
    this.#record({ start, end: performance.now(), via: via.name, by: null, act, outcome })
  }

  async #send(request: Request): Promise<Response> {
    try {
      const answer = await this.#fetch(request)
      if (answer === undefined) return nothingBut({ kind: 'unreached' })
      const { status, body, session } = answer
      if (status < 300) return { ...success(request.act, body), session }
      const code = String(body?.code)
      if (isVerdict(request.act, status)) {
        return nothingBut({ kind: 'done', verdict: { valid: false, reason: code } })
      }
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
    session,
  }: Sent): Promise<{ status: number; body: Json; session: string | undefined } | undefined> {
    if (via.url === undefined) return undefined
    const response = await fetch(via.url + path, {
      method,
      headers: {
        ...(session === undefined
          ? { authorization: `Bearer ${by?.token ?? this.#rootToken}` }
          : consoleHeaders(via.url, session)),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(giveUpAfterMs),
    })
    const text = await response.text()
    const [, set] = /^[^=]+=([^;]+);/.exec(response.headers.get('set-cookie') ?? '') ?? []
    return {
      status: response.status,
      body: text === '' ? undefined : JSON.parse(text),
      session: set,
    }
  }
}

/** What the console sends from the page that an instance serves. */
export function consoleHeaders(
  url: string,
  session: string | null,
): Readonly<Record<string, string>> {
  const { origin, port } = new URL(url)
  return {
    origin,
    'sec-fetch-site': 'same-origin',
    'x-aeon-console': '1',
    ...(session !== null && { cookie: `aeon_session_${port}=${session}` }),
  }
}

/** Whether an error says what became of a session, or of the role of its person. */
function isVerdict({ kind }: Act, status: number): boolean {
  if (kind === 'use_person') return status === 401 || status === 403
  return kind === 'use_session' && status === 401
}

function nothingBut(outcome: Outcome): Response {
  return { outcome, receipt: undefined, body: undefined }
}

function success(act: Act, body: Json): Response {
  const receipt = receiptOf(body?.receipt)
  const shown = receipt && { revision: receipt.revision, id: receipt.id, state: receipt.state }
  const verdict =
    act.kind === 'use_session' || act.kind === 'use_person'
      ? { valid: true, reason: null }
      : act.kind === 'verify' && { valid: body.valid, reason: body.reason ?? null }
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
