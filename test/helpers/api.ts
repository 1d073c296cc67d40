import type { App } from '../../src/http/app-type.ts'
import type { Canaries } from './canaries.ts'

/** Any JSON value, untyped: tests look into answers whose shape they assert. */
export type Json = ReturnType<typeof JSON.parse>

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>
  readonly body: Json
  readonly text: string
}

export interface CallOptions {
  readonly body?: unknown
  /** The body, sent as it is with its Content-Type. */
  readonly raw?: { readonly type: string; readonly text: string | Buffer }
  readonly headers?: Readonly<Record<string, string>>
  readonly remoteAddress?: string
}

/** A caller of the service, with one token. */
export interface Api {
  call(method: Method, path: string, options?: CallOptions): Promise<Answer>
  get(path: string): Promise<Answer>
  post(path: string, body?: unknown): Promise<Answer>
  put(path: string, body: unknown): Promise<Answer>
  patch(path: string, body: unknown): Promise<Answer>
  delete(path: string): Promise<Answer>
  /** Calls /v1/verify and returns the verdict; any status but 200 is an error. */
  verify(token: string, attempt?: object): Promise<Json>
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS'

/** A caller without a socket (inject). */
export function createApi(app: App, canaries: Canaries, token: string | undefined): Api {
  return apiOver(
    async ({ method, path, headers, payload, remoteAddress }) => {
      const response = await app.inject({
        method,
        url: path,
        headers,
        ...(payload !== undefined && { payload }),
        ...(remoteAddress !== undefined && { remoteAddress }),
      })
      return { status: response.statusCode, headers: response.headers, text: response.body }
    },
    canaries,
    token,
  )
}

/** A caller over a socket. */
export function createSocketApi(url: string, canaries: Canaries, token: string | undefined): Api {
  return apiOver(
    async ({ method, path, headers, payload }) => {
      const response = await fetch(url + path, {
        method,
        headers,
        ...(payload !== undefined && { body: payload }),
      })
      const text = await response.text()
      return { status: response.status, headers: Object.fromEntries(response.headers), text }
    },
    canaries,
    token,
  )
}

/** The secret in the fragment of a link to the console. */
export function secretOf(link: string): string {
  const [, secret = ''] = new URL(link).hash.split('=')
  return secret
}

type Send = (request: {
  readonly method: Method
  readonly path: string
  readonly headers: Record<string, string>
  readonly payload: string | Buffer | undefined
  readonly remoteAddress: string | undefined
}) => Promise<Omit<Answer, 'body'>>

/** Throws when an answer says of a query parameter that the fault is in the body. */
function checkPlaces(path: string, sent: unknown, body: Json): void {
  if (!Array.isArray(body?.errors)) return
  const query = new URLSearchParams(path.split('?')[1])
  for (const { in: place, field } of body.errors) {
    const name = String(field).slice(1)
    if (place !== 'body' || !query.has(name) || Object.hasOwn(Object(sent), name)) continue
    throw new Error(`${path}: the fault of ${name} is in the query, not in the body`)
  }
}

function apiOver(send: Send, canaries: Canaries, token: string | undefined): Api {
  async function call(method: Method, path: string, options: CallOptions = {}): Promise<Answer> {
    const { body: sent, raw } = options
    const answer = await send({
      method,
      path,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(sent !== undefined && { 'content-type': 'application/json' }),
        ...(raw !== undefined && { 'content-type': raw.type }),
        ...options.headers,
      },
      payload: raw?.text ?? (sent === undefined ? undefined : JSON.stringify(sent)),
      remoteAddress: options.remoteAddress,
    })
    const isJson = /[/+]json(?:;|$)/.test(String(answer.headers['content-type']))
    const body: Json = isJson && answer.text !== '' ? JSON.parse(answer.text) : undefined
    checkPlaces(path, sent, body)
    const issued = body?.token ?? body?.jwt
    // A token leaves the service in the answer of issue only, and the secret of a link in its own.
    if (typeof issued === 'string') canaries.addToken(issued)
    else if (typeof body?.link === 'string') canaries.addSecret(secretOf(body.link))
    else canaries.addText(answer.text)
    return { ...answer, body }
  }
  return {
    call,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, { body }),
    put: (path, body) => call('PUT', path, { body }),
    patch: (path, body) => call('PATCH', path, { body }),
    delete: (path) => call('DELETE', path),
    async verify(subject, attempt = {}) {
      const answer = await call('POST', '/v1/verify', { body: { token: subject, ...attempt } })
      if (answer.status !== 200) throw new Error(`verify answered ${answer.status}: ${answer.text}`)
      return answer.body
    },
  }
}
