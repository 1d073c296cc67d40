import type { Test } from 'tap'
import { type Answer, createSocketApi, type Json } from './api.ts'
import { createDocumentCheck } from './conformance.ts'
import { newKey } from './fixtures.ts'
import { startTestService, type TestService, type TestServiceOptions } from './service.ts'

/** The prefix of the Aeon API. */
export const aeonPrefix = '/api/public/v1'

/** A caller of the Aeon API over a socket; every answer is checked against `/openapi/aeon.json`. */
export interface AeonApi {
  call(method: AeonMethod, path: string, options?: AeonCall): Promise<Answer>
  /** Calls a route and returns the body; any status but 200 is thrown as the client's error. */
  take(method: AeonMethod, path: string, body?: unknown): Promise<Json>
  /** `METHOD path` of every call since the last `recorded()`, below the prefix. */
  recorded(): string[]
}

export type AeonMethod = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH'

export interface AeonCall {
  readonly body?: unknown
  readonly raw?: { readonly type: string; readonly text: string | Buffer }
  readonly headers?: Readonly<Record<string, string>>
}

/** The text that the clients print of an error. */
export class AeonError extends Error {
  readonly status: number

  constructor(answer: Answer) {
    super(answer.body?.error?.detail ?? answer.text)
    this.status = answer.status
  }
}

export interface AeonTenant {
  readonly account: { readonly id: string; readonly project_id: string; readonly name: string }
  /** An admin of the account, whose key is called `console`. */
  readonly admin: AeonApi
}

export interface AeonService extends TestService {
  readonly url: string
  /** Calls the Aeon API with a token, or without one. */
  aeonAs(token: string | undefined): AeonApi
  /** Makes an account of its own. */
  newTenant(): Promise<AeonTenant>
}

/** Starts a service that listens. */
export async function startAeonService(
  t: Test,
  options: TestServiceOptions = {},
): Promise<AeonService> {
  const started = await startTestService(t, options)
  const { service, root, canaries } = started
  const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
  const document = (await root.get('/openapi/aeon.json')).body
  const check = createDocumentCheck(document, checkError)

  function aeonAs(caller: string | undefined): AeonApi {
    const api = createSocketApi(url, canaries, caller)
    const calls: string[] = []
    async function call(method: AeonMethod, path: string, given: AeonCall = {}): Promise<Answer> {
      calls.push(`${method} ${path}`)
      const headers = { 'user-agent': 'ybm-cli/v0.1.29', ...given.headers }
      const answer = await api.call(method, aeonPrefix + path, { ...given, headers })
      check(method, aeonPrefix + path, answer)
      return answer
    }
    return {
      call,
      async take(method, path, body) {
        const answer = await call(method, path, body === undefined ? {} : { body })
        if (answer.status !== 200) throw new AeonError(answer)
        return answer.body
      },
      recorded: () => calls.splice(0),
    }
  }
  async function newTenant(): Promise<AeonTenant> {
    const { account } = (await root.post('/v1/accounts', { name: 'Acme' })).body
    const { token } = await newKey(root, account.id, { name: 'console' })
    return { account, admin: aeonAs(token) }
  }
  return { ...started, url, aeonAs, newTenant }
}

/**
 * Checks what every error of the Aeon API must satisfy: its one form, exactly, and no text that
 * printf would interpret.
 */
function checkError(label: string, { status, headers, body, text }: Answer): void {
  if (status < 400) return
  const type = headers['content-type']
  if (type !== 'application/json; charset=utf-8') throw new Error(`${label} is ${type}`)
  const { detail } = body.error
  const expected = JSON.stringify({ error: { detail, status } })
  if (text !== expected) throw new Error(`${label} answers ${text}`)
  if (detail === '' || detail.includes('%')) throw new Error(`${label} says ${detail}`)
  if (headers['cache-control'] !== 'no-store') throw new Error(`${label} may be stored`)
  if ((status === 503) !== (headers['retry-after'] !== undefined)) {
    throw new Error(`${label}: retry-after is ${headers['retry-after']}`)
  }
  // RFC 6750, section 3: 403 has one if the token lacks a permission.
  if (status !== 403 && (status === 401) !== (headers['www-authenticate'] !== undefined)) {
    throw new Error(`${label}: www-authenticate is ${headers['www-authenticate']}`)
  }
}
