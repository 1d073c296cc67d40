import type { App } from '../../src/http/app-type.ts'

type Json = ReturnType<typeof JSON.parse>

/** Calls one instance as the root key. */
export class Caller {
  readonly #app: App
  readonly #token: string

  constructor(app: App, token: string) {
    this.#app = app
    this.#token = token
  }

  /** The body of the answer. Throws an Error when the answer is none of success. */
  async call(method: 'GET' | 'POST', url: string, payload?: object): Promise<Json> {
    const response = await this.#app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${this.#token}` },
      ...(payload !== undefined && { payload }),
    })
    if (response.statusCode < 300) return response.json()
    const { code } = response.json()
    throw new Error(
      `${method} ${url.replace(/\?.*/, '')} was answered ${response.statusCode} ${code}`,
    )
  }

  async newAccount(): Promise<string> {
    const { account } = await this.call('POST', '/v1/accounts', { name: 'Check' })
    return account.id
  }

  async issue(account: string, name: string): Promise<{ id: string; token: string }> {
    const body = { name, role: 'viewer', expires_at: null }
    const issued = await this.call('POST', `/v1/accounts/${account}/api-keys`, body)
    return { id: issued.api_key.id, token: issued.token }
  }

  /** `valid`, or the reason of the denial. */
  async verify(token: string): Promise<string> {
    const verdict = await this.call('POST', '/v1/verify', { token })
    return verdict.valid ? 'valid' : verdict.reason
  }
}
