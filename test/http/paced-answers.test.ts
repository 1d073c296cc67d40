/** Who makes very many mistakes gets the answers to them later; nobody else does. */
import { Agent } from 'node:http'
import { type Test, test } from 'tap'
import type { Answer } from '../helpers/api.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { type HeldAnswers, holdAnswers } from '../helpers/held-answers.ts'
import { type RawRequest, sendRaw } from '../helpers/raw-request.ts'
import { exchange } from '../helpers/raw-socket.ts'
import { startTestService, type TestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const proxy = '127.0.0.2'
const settings = { TRUSTED_PROXIES: proxy, FORWARD_AUTH_NETWORKS: proxy }
const unknownId = '0192f3a4-5b6c-7d8e-9f01-23456789abcd'
const json = ['Content-Type', 'application/json']
const faulty = JSON.stringify({ permissions: Array.from({ length: 10_900 }, () => '') })

interface Site extends TestService {
  readonly held: HeldAnswers
  readonly url: string
  readonly account: string
  readonly key: { readonly id: string; readonly token: string }
  ask(path: string, request?: RawRequest & { readonly token?: string }): Promise<Answer>
  explain(token: string, agent?: Agent): Promise<Answer>
}

async function startSite(t: Test, burstMs?: number): Promise<Site> {
  const held = holdAnswers(burstMs)
  const started = await startTestService(t, { settings, pacing: held.pacing })
  // The end of the test gets the metrics.
  t.teardown(() => held.pacing.end())
  const url = await started.service.app.listen({ host: '127.0.0.1', port: 0 })
  const account = await newAccount(started.root)
  const key = await newKey(started.root, account)
  const ask: Site['ask'] = (path, { token, headers = [], ...more } = {}) => {
    const bearer = token === undefined ? [] : ['Authorization', `Bearer ${token}`]
    return sendRaw(url + path, { ...more, headers: [...bearer, ...headers] })
  }
  const explain = (token: string, agent?: Agent) =>
    ask(`/v1/accounts/${account}/api-keys/${key.id}/explain`, {
      ...{ method: 'POST', token, headers: lengthOf(faulty), body: faulty },
      ...(agent && { agent }),
    })
  return { ...started, held, url, account, key, ask, explain }
}

function lengthOf(body: string): string[] {
  return [...json, 'Content-Length', String(Buffer.byteLength(body))]
}

test('faulty bodies over many connections are answered at one rate, others at once', async (t) => {
  const { held, account, root, rootToken, key, ask, explain } = await startSite(t)
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  let answered = 0
  let isOver = false
  const loop = async () => {
    while (!isOver) {
      t.equal((await explain(key.token, agent)).status, 400)
      answered += 1
    }
  }
  const loops = Array.from({ length: 6 }, loop)
  await until('every connection waits', () => held.count() === loops.length)
  t.equal(answered, 10, 'what a client may get without a delay')
  for (let turn = 1; turn <= 5; turn += 1) {
    held.pass(100)
    await until('every connection waits again', () => held.count() === loops.length)
  }
  // A price of 10 ms each; those that wait have paid already.
  t.ok(answered >= 60 - loops.length && answered <= 60, `${answered} after half a second`)

  const body = JSON.stringify({ token: key.token })
  const verified = await ask('/v1/verify', {
    ...{ method: 'POST', token: rootToken, headers: json, body },
  })
  t.equal(verified.status, 200)
  t.equal((await ask('/v1/me', { token: key.token })).status, 200, 'good requests of the account')
  const other = await newKey(root, await newAccount(root))
  t.equal((await ask(`/v1/accounts/${account}`, { token: other.token })).status, 404)
  t.equal((await ask('/nowhere')).status, 404, 'mistakes without a token')
  t.match((await ask('/metrics')).text, /^aeon_keys_http_answers_delayed_total [1-9]/m)
  isOver = true
  held.pacing.end()
  await Promise.all(loops)
})

test('errors of every kind wait, and so do documents', async (t) => {
  const { held, account, key, ask, rootToken } = await startSite(t, 0)
  const { token } = key
  const keys = `/v1/accounts/${account}/api-keys`
  const post = { method: 'POST', headers: json, token } as const
  const large = 'a'.repeat(300_000)
  const rows: readonly [status: number, path: string, request: Parameters<Site['ask']>[1]][] = [
    [400, keys, { ...post, body: '{' }],
    [400, keys, { ...post, body: '{"a":1}' }],
    [400, `${keys}?a=b`, { token }],
    [400, '/v1/verify', { ...post, token: rootToken, body: `{"token":"${'a'.repeat(20_000)}` }],
    [401, keys, {}],
    [401, '/v1/verify', { ...post, token: 'none', body: '{"token":"a"}' }],
    [401, '/oauth2/introspect', { method: 'POST' }],
    [401, '/api/public/v1/accounts', {}],
    [403, '/v1/accounts', { ...post, body: '{"name":"a"}' }],
    [404, `${keys}/${unknownId}`, { token }],
    [404, '/nowhere', {}],
    [404, '/api/public/v1/nowhere', {}],
    [404, '/%zz', {}],
    [405, '/v1/verify', {}],
    [413, keys, { ...post, body: large }],
    [415, keys, { ...post, headers: ['Content-Type', 'text/plain'], body: 'a' }],
    [200, '/openapi.json', {}],
    [200, '/docs/json', {}],
    [200, '/metrics', {}],
    [200, '/docs/static/swagger-ui.css', {}],
  ]
  for (const [status, path, request] of rows) {
    const answer = ask(path, request)
    t.equal(await held.waits(answer), true, `${status} of ${path} waits`)
    held.pass(2_000)
    t.equal((await answer).status, status, path)
    held.pass(2_000)
  }
})

test('verdicts, answers that were not made anew, and outages never wait', async (t) => {
  const { held, account, rootToken, ask } = await startSite(t, 0)
  const post = { method: 'POST', token: rootToken } as const
  const document = ask('/openapi.json')
  await held.waits(document)
  held.pass(2_000)
  const tag = (await document).headers.etag
  const form = ['Content-Type', 'application/x-www-form-urlencoded']
  const rows: readonly [status: number, path: string, request: Parameters<Site['ask']>[1]][] = [
    [200, '/v1/verify', { ...post, headers: json, body: '{"token":"a"}' }],
    [400, '/v1/verify', { ...post, headers: json, body: '{"token":"a","client_ip":"b"}' }],
    [200, '/oauth2/introspect', { ...post, headers: form, body: 'token=a' }],
    [401, '/v1/forward-auth', { from: proxy }],
    [401, '/v1/forward-auth', { from: proxy, token: 'a' }],
    [304, '/openapi.json', { headers: ['If-None-Match', String(tag)] }],
    [200, '/openapi.json', { method: 'HEAD' }],
    [200, '/livez', {}],
    [200, `/v1/accounts/${account}/api-keys`, { token: rootToken }],
  ]
  for (const [status, path, request] of rows) {
    const answer = ask(path, request)
    t.equal(await held.waits(answer), false, `${status} of ${path} is sent at once`)
    t.equal((await answer).status, status, path)
  }
})

test('behind a trusted proxy each client pays for itself', async (t) => {
  const { held, ask } = await startSite(t, 3)
  const from = (client: string) =>
    ask('/nowhere', { from: proxy, headers: ['X-Forwarded-For', client] })
  t.equal(await held.waits(from('192.0.2.1')), false)
  const second = from('192.0.2.1')
  t.equal(await held.waits(second), true)
  t.equal(await held.waits(from('192.0.2.2')), false)
  t.equal(await held.waits(from('2001:db8::1')), false)
  t.equal(await held.waits(from('2001:db8::2')), true, 'an IPv6 site is one client')
  held.pass(2_000)
  t.equal((await second).status, 404)
})

test('an address whose connections are refused often gets the refusals later', async (t) => {
  const { held, url } = await startSite(t, 0)
  const rows: readonly [told: string, bytes: string, refusal: RegExp][] = [
    ['many requests', 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(50), /HTTP\/1.1 503 /],
    ['no request', 'GET / a\r\n\r\n', /HTTP\/1.1 400 /],
    ['an unknown method', 'TELL / HTTP/1.1\r\nHost: a\r\n\r\n', /HTTP\/1.1 501 /],
    ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', /HTTP\/1.1 501 /],
  ]
  for (const [told, bytes, refusal] of rows) {
    const answer = exchange(url, bytes)
    t.equal(await held.waits(answer), true, told)
    held.pass(2_000)
    t.match(await answer, refusal, told)
    held.pass(2_000)
  }
})

test('a refused body that is longer than any may be is not read', async (t) => {
  const { held, url, service } = await startSite(t, 0)
  const head = 'POST /v1/accounts HTTP/1.1\r\nHost: a\r\n'
  const part = 'a'.repeat(16 * 1024)
  const rows: readonly [told: string, bytes: string][] = [
    ['by its length', `${head}Content-Length: 1000000\r\n\r\n`],
    ['in chunks', `${head}Transfer-Encoding: chunked\r\n\r\n${`4000\r\n${part}\r\n`.repeat(33)}`],
  ]
  for (const [told, bytes] of rows) {
    let isClosed = false
    service.app.server.once('connection', (socket) => {
      socket.once('close', () => {
        isClosed = true
      })
    })
    const answer = exchange(url, bytes)
    await until('the connection is closed', () => {
      held.pass(100)
      return isClosed
    })
    t.match(await answer, /^HTTP\/1.1 401 /, told)
  }
})
