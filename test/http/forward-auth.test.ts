import { Agent, METHODS } from 'node:http'
import t, { type Test, test } from 'tap'
import type { Answer } from '../helpers/api.ts'
import { type CheckedService, startCheckedService } from '../helpers/checked-service.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { assertInvalid, assertProblem } from '../helpers/problems.ts'
import { startDatabaseProxy } from '../helpers/proxy.ts'
import { type RawRequest, sendRaw } from '../helpers/raw-request.ts'
import { shareService } from '../helpers/share-service.ts'

const path = '/v1/forward-auth'
const proxy = '127.0.0.2'
const stranger = '127.0.0.3'
const home = '203.0.113.7'
const unknownId = '0192f3a4-5b6c-7d8e-9f01-23456789abcd'
const realm = 'Bearer realm="aeon-keys"'
const invalidToken = `${realm}, error="invalid_token"`
const permissionDenied = { status: 403, code: 'permission_denied' }
const settings = { FORWARD_AUTH_NETWORKS: proxy, TRUSTED_PROXIES: proxy }

interface Api extends CheckedService {
  readonly account: string
  readonly url: string
  /** Asks about a request with a token, by default as the proxy of the settings. */
  ask(token: string | undefined, request?: AskOptions): Promise<Answer>
}

interface AskOptions extends RawRequest {
  readonly query?: string
}

async function startApi(t: Test, given: Record<string, string> = {}): Promise<Api> {
  const started = await startCheckedService(t, { settings: { ...settings, ...given } })
  const url = await started.service.app.listen({ host: '127.0.0.1', port: 0 })
  return {
    ...started,
    url,
    account: await newAccount(started.root),
    async ask(token, { query = '', headers = [], ...request } = {}) {
      const presented = token === undefined ? [] : ['Authorization', `Bearer ${token}`]
      const answer = await sendRaw(url + path + query, {
        from: proxy,
        ...request,
        headers: [...presented, ...headers],
      })
      started.check(request.method ?? 'GET', path, answer)
      started.canaries.addText(JSON.stringify(answer.headers))
      return answer
    },
  }
}

const shared = shareService(t, await startApi(t))

test('forward-auth allows a good key and describes it in headers', async (t) => {
  const { root, account, ask } = shared
  const name = 'd\u00e9ploy \u{1f511}, "x"'
  const role = await newRole(root, account, 'r\u00f4le % 1', ['cluster:read', 'cluster:update'])
  const { id, token } = await newKey(root, account, { name, role })
  const described = {
    'x-key-id': id,
    'x-account-id': account,
    'x-key-name': 'd%C3%A9ploy%20%F0%9F%94%91%2C%20%22x%22',
    'x-key-role': 'r%C3%B4le%20%25%201',
    'x-key-permissions': '',
    'cache-control': 'no-store',
    'content-length': '0',
  }
  const allowed = await ask(token)
  t.equal(allowed.status, 200)
  t.match(allowed.headers, described)
  t.equal(allowed.headers['x-denial-reason'], undefined)

  const permissions = 'cluster:read cluster:update'
  const asked = await ask(token, {
    query: `?permission=cluster:read&permission=cluster%3Aupdate&account_id=${account.toUpperCase()}`,
  })
  t.equal(asked.status, 200)
  t.match(asked.headers, { ...described, 'x-key-permissions': permissions }, 'those asked for')
})

test('forward-auth denies by RFC 6750, and gives the reason only if the settings allow it', async (t) => {
  for (const tells of [false, true]) {
    const api = tells ? await startApi(t, { FORWARD_AUTH_REASON: 'tell' }) : shared
    const { root, account, ask, clock } = api
    const keys = `/v1/accounts/${account}/api-keys`
    const list = await newAllowList(root, account, [home])
    const good = await newKey(root, account, { role: 'viewer' })
    const restricted = await newKey(root, account, { allow_list_ids: [list] })
    const revoked = await newKey(root, account)
    await root.post(`${keys}/${revoked.id}/revoke`, {})
    const disabled = await newKey(root, account)
    await root.post(`${keys}/${disabled.id}/disable`, {})
    const expiresAt = new Date(Date.now() + clock.offsetMs + 60_000).toISOString()
    const expired = await newKey(root, account, { expires_at: expiresAt })
    clock.offsetMs += 60_000
    const forged = `${good.token.slice(0, -11)}00000000000`
    const elsewhere = ['X-Forwarded-For', stranger]

    const denied: readonly [string, () => Promise<Answer>][] = [
      ['malformed', () => ask('nonsense')],
      ['malformed', () => ask('x'.repeat(8_000))],
      ['malformed', () => ask(`${good.token}\u00e9`)],
      ['not_found', () => ask(forged)],
      ['revoked', () => ask(revoked.token)],
      ['disabled', () => ask(disabled.token)],
      ['expired', () => ask(expired.token)],
      ['wrong_account', () => ask(good.token, { query: `?account_id=${unknownId}` })],
      ['address_not_allowed', () => ask(restricted.token, { headers: elsewhere })],
      ['address_not_allowed', () => ask(restricted.token)],
    ]
    for (const [reason, send] of denied) {
      const answer = await send()
      t.same([answer.status, answer.text], [401, ''], reason)
      t.equal(answer.headers['www-authenticate'], invalidToken, reason)
      t.equal(answer.headers['x-denial-reason'], tells ? reason : undefined, reason)
      if (!tells) t.notMatch(JSON.stringify(answer.headers), reason)
      t.equal(answer.headers['x-key-id'], undefined, 'nothing is told of a key')
    }
    const query = '?permission=cluster:read&permission=cluster:delete'
    const lacking = await ask(good.token, { query })
    t.same([lacking.status, lacking.text], [403, ''], 'insufficient_permissions')
    t.equal(
      lacking.headers['www-authenticate'],
      `${realm}, error="insufficient_scope", scope="cluster:read cluster:delete"`,
    )
    t.equal(
      lacking.headers['x-denial-reason'],
      tells ? 'insufficient_permissions' : undefined,
      'insufficient_permissions',
    )
    for (const authorization of [undefined, '', 'Basic YTpi', `Bearer ${good.token} x`]) {
      const headers = authorization === undefined ? [] : ['Authorization', authorization]
      const answer = await ask(undefined, { headers })
      t.equal(answer.status, 401, `${authorization}`)
      t.equal(answer.headers['www-authenticate'], realm, 'no code where no token was presented')
    }
    const doubled = await ask(good.token, { headers: ['authorization', `Bearer ${good.token}`] })
    t.equal(doubled.status, 401, 'of two tokens none is taken')
    t.equal((await ask(good.token)).status, 200)
  }
})

test('forward-auth takes the client address from the proxy and needs it for a restricted key', async (t) => {
  const { root, account, ask, url, check } = await startApi(t, {
    FORWARD_AUTH_NETWORKS: '127.0.0.2, 127.0.0.4',
  })
  const list = await newAllowList(root, account, [`${home}/32`, '127.0.0.4', '127.0.0.2'])
  const { token } = await newKey(root, account, { allow_list_ids: [list] })
  const from = (headers: readonly string[], sender = proxy) =>
    ask(token, { headers, from: sender }).then((answer) => answer.status)
  t.equal(await from(['X-Forwarded-For', home]), 200)
  t.equal(await from(['Forwarded', `for=${home}`]), 200)
  t.equal(await from(['X-Forwarded-For', `192.0.2.1, ${home}`]), 200)
  t.equal(await from(['X-Forwarded-For', `${home}, 192.0.2.1`]), 401, 'never the leftmost')
  t.equal(await from(['X-Forwarded-For', '192.0.2.1', 'X-Real-Ip', home]), 401)
  t.equal(await from([]), 401, "the proxy's own address is not the client's")
  t.equal(await from([], '127.0.0.4'), 401, 'nor that of a proxy that is not trusted')
  t.equal(await from(['X-Forwarded-For', home], '127.0.0.4'), 401, 'whose headers do not count')

  const answer = await sendRaw(url + path, {
    from: stranger,
    headers: ['Authorization', `Bearer ${token}`, 'X-Forwarded-For', proxy],
  })
  check('GET', path, answer)
  assertProblem(t, answer, permissionDenied, 'a header puts nobody into a network')
})

test('forward-auth accepts a proxy by its address or by a token of its own', async (t) => {
  const { root, account, ask, clock } = shared
  const platform: string = (await root.get('/v1/me')).body.api_key.account_id
  const { token } = await newKey(root, account)
  const verifier = await newKey(root, platform, { role: 'verifier' })
  const proof = (value: string) => ['X-Verifier-Authorization', value]
  const bearer = proof(`Bearer ${verifier.token}`)

  t.equal((await ask(token, { from: stranger, headers: bearer })).status, 200)
  t.equal((await ask(token, { headers: proof('nonsense') })).status, 200, 'the address is enough')
  const lists = await newAllowList(root, platform, [`${stranger}/32`])
  const bound = await newKey(root, platform, { role: 'verifier', allow_list_ids: [lists] })
  const fromStranger = { from: stranger, headers: proof(`Bearer ${bound.token}`) }
  t.equal((await ask(token, fromStranger)).status, 200, 'its own allow list holds its address')

  const viewer = await newKey(root, platform, { role: 'viewer' })
  const revoked = await newKey(root, platform, { role: 'verifier' })
  await root.post(`/v1/accounts/${platform}/api-keys/${revoked.id}/revoke`, {})
  const expiresAt = new Date(Date.now() + clock.offsetMs + 60_000).toISOString()
  const expired = await newKey(root, platform, { role: 'verifier', expires_at: expiresAt })
  clock.offsetMs += 60_000
  const refused: readonly [string, readonly string[], string?][] = [
    ['nothing', []],
    ['its token in Authorization', ['X-Verifier', verifier.token]],
    ['no scheme', proof(verifier.token)],
    ['Basic', proof(`Basic ${Buffer.from(`x:${verifier.token}`).toString('base64')}`)],
    ['nonsense', proof('Bearer nonsense')],
    ['two of them', [...bearer, ...bearer]],
    ['8 kB', proof(`Bearer ${'x'.repeat(8_000)}`)],
    ['the token of the original request', proof(`Bearer ${token}`)],
    ['a key of the platform that may not verify', proof(`Bearer ${viewer.token}`)],
    ['a revoked one', proof(`Bearer ${revoked.token}`)],
    ['an expired one', proof(`Bearer ${expired.token}`)],
    ['one that is bound to another address', proof(`Bearer ${bound.token}`), '127.0.0.5'],
    [
      'one that is bound to another address, which a header names',
      [...proof(`Bearer ${bound.token}`), 'X-Forwarded-For', stranger],
      '127.0.0.5',
    ],
  ]
  for (const [told, headers, from = stranger] of refused) {
    for (const presented of [undefined, token]) {
      const answer = await ask(presented, { from, headers, query: '?nonsense' })
      assertProblem(t, answer, permissionDenied, told)
      t.equal(answer.headers['www-authenticate'], undefined, told)
      t.equal(answer.headers['x-key-id'], undefined, told)
    }
  }
})

test('forward-auth answers every method and reads no body', async (t) => {
  const { root, account, ask } = shared
  const { token } = await newKey(root, account)
  for (const method of METHODS.filter((name) => name !== 'CONNECT')) {
    t.equal((await ask(token, { method })).status, 200, method)
    t.equal((await ask('nonsense', { method })).status, 401, method)
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  for (const type of [
    'application/json',
    'text/plain',
    'nonsense',
    '',
    'application/x-www-form-urlencoded',
  ]) {
    for (const body of ['', '{', Buffer.alloc(1_000_000)]) {
      const headers = [
        ...['Authorization', `Bearer ${token}`, 'Content-Type', type],
        ...['Content-Length', String(body.length)],
      ]
      for (const method of ['POST', 'PUT', 'DELETE', 'PROPFIND']) {
        const answer = await ask(undefined, { method, headers, body, agent })
        t.equal(answer.status, 200, `${method} ${type}, ${body.length} bytes`)
      }
    }
  }
})

test("forward-auth refuses unknown demands and ignores the client's own query", async (t) => {
  const { root, account, ask } = shared
  const { token } = await newKey(root, account, { role: 'viewer' })
  const bad: readonly [string, string, string][] = [
    ['?permissions=cluster:read', '/permissions', 'unknown_field'],
    ['?permission=', '/permission', 'pattern'],
    ['?permission=cluster', '/permission', 'pattern'],
    ['?permission=cluster:read,cluster:update', '/permission', 'pattern'],
    [`?account_id=${account}&account_id=${account}`, '/account_id', 'repeated'],
    ['?account_id=x', '/account_id', 'format'],
    [`?token=${token}`, '/token', 'unknown_field'],
    [`?access_token=${token}`, '/access_token', 'unknown_field'],
    [`?${token}`, `/${token.slice(0, 27)}[redacted]`, 'unknown_field'],
    [`?${'permission=a:b&'.repeat(51)}`, '/permission', 'maxItems'],
    ['?xoriginal_uri=/', '/xoriginal_uri', 'unknown_field'],
  ]
  for (const [query, field, rule] of bad) {
    assertInvalid(t, await ask(token, { query }), [[field, rule]], query.slice(0, 60))
  }
  for (const query of [
    '?',
    '?&',
    '?original_uri=/a?permission=cluster:delete&permission=nonsense&token=x',
    '?permission=cluster:read&original_uri=/a&account_id=x',
  ]) {
    t.equal((await ask(token, { query })).status, 200, query)
  }
  const query = '?permission=cluster:delete&original_uri=/a?permission=cluster:read'
  t.equal((await ask(token, { query })).status, 403, 'nor does it take a demand away')
})

test('forward-auth reads the token from the header that the settings name', async (t) => {
  const { root, account, ask } = await startApi(t, { FORWARD_AUTH_HEADER: 'X-Api-Key' })
  const { token } = await newKey(root, account)
  const present = (...headers: string[]) => ask(undefined, { headers })
  t.equal((await present('x-api-key', token)).status, 200)
  t.equal((await present('X-Api-Key', token, 'Authorization', 'Basic YTpi')).status, 200)
  for (const headers of [
    ['Authorization', `Bearer ${token}`],
    ['X-Api-Key', `Bearer ${token}`],
    ['X-Api-Key', token, 'X-Api-Key', token],
    ['X-Api-Key', ''],
  ]) {
    t.equal((await present(...headers)).status, 401, headers.join(' ').slice(0, 30))
  }
})

test('forward-auth answers 503 in an outage, and neither denies nor blames the proxy', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const way = await startDatabaseProxy(database.url)
  t.teardown(() => way.close())
  const started = await startCheckedService(t, {
    database: { ...database, url: way.url },
    settings,
  })
  const { root, service, check } = started
  const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
  const account = await newAccount(root)
  const { token } = await newKey(root, account)
  way.cut()
  for (const [told, from, headers] of [
    ['a known proxy', proxy, ['Authorization', `Bearer ${token}`]],
    ['a proxy with a token', stranger, ['X-Verifier-Authorization', `Bearer ${token}`]],
    ['Traefik', proxy, headersOfTraefik({ host: new URL(url).host, bearer: token, client: home })],
    ['Envoy', stranger, headersOfEnvoy({ bearer: token, forwardedFor: home, verifier: token })],
  ] as const) {
    const answer = await sendRaw(`${url}${path}?permission=cluster:read`, { from, headers })
    check('GET', path, answer)
    assertProblem(t, answer, { status: 503, code: 'unavailable' }, told)
    t.equal(answer.headers['www-authenticate'], undefined)
  }
  way.restore()
  await started.stop()
})

test('forward-auth answers exactly what Traefik sends', async (t) => {
  const { root, account, ask, url } = shared
  const list = await newAllowList(root, account, [`${home}/32`])
  const viewer = { role: 'viewer', allow_list_ids: [list] }
  const { id, token } = await newKey(root, account, viewer)
  const host = new URL(url).host
  const traefik = (bearer: string, client: string, more: Traefik = {}) =>
    ask(undefined, {
      query: `?permission=${more.permission ?? 'cluster:read'}`,
      headers: headersOfTraefik({ host, bearer, client, ...(more.sent && { sent: more.sent }) }),
      ...(more.agent && { agent: more.agent }),
    })
  const allowed = await traefik(token, home)
  t.equal(allowed.status, 200)
  t.match(allowed.headers, { 'x-key-id': id, 'x-key-permissions': 'cluster:read' })
  t.equal((await traefik('nonsense', home)).status, 401, 'denied')
  t.equal((await traefik(token, home, { permission: 'cluster:delete' })).status, 403)
  t.equal((await traefik(token, stranger)).status, 401, 'wrong address')
  const smuggled = [
    ['Forwarded', `for=${home}`],
    ['X-Key-Id', 'forged', 'X-Key-Permissions', 'cluster:delete'],
    ['X-Verifier-Authorization', `Bearer ${token}`],
    ['X-Client-Ip', home, 'True-Client-Ip', home],
  ]
  for (const sent of smuggled) {
    t.equal((await traefik(token, stranger, { sent })).status, 401, sent.join(' ').slice(0, 40))
    t.equal((await traefik('nonsense', home, { sent })).status, 401)
    const good = await traefik(token, home, { sent })
    // With authRequestHeaders, as documented, Traefik does not forward Forwarded.
    if (sent[0] !== 'Forwarded') t.equal(good.headers['x-key-id'], id)
  }
  await keepsConnections(t, (agent) => traefik(token, home, { agent }))
})

/** The client's headers as Traefik copies them, with its own: sorted as in Go, always GET. */
function headersOfTraefik(request: {
  readonly host: string
  readonly bearer: string
  readonly client: string
  readonly sent?: readonly string[]
}): readonly string[] {
  const { host, bearer, client, sent = [] } = request
  return [
    ...['Host', host, 'User-Agent', 'curl/8.5.0', 'Accept', '*/*', 'Accept-Encoding', 'gzip'],
    ...['Authorization', `Bearer ${bearer}`, 'Content-Type', 'application/json'],
    ...sent,
    ...['X-Forwarded-For', client, 'X-Forwarded-Host', 'app.example.com'],
    ...['X-Forwarded-Method', 'POST', 'X-Forwarded-Port', '443', 'X-Forwarded-Proto', 'https'],
    ...['X-Forwarded-Server', 'edge-1', 'X-Forwarded-Uri', '/api/things?permission=a:b'],
    ...['X-Real-Ip', client],
  ]
}

interface Traefik {
  readonly permission?: string
  /** Further headers of the client. */
  readonly sent?: readonly string[]
  readonly agent?: Agent
}

test('forward-auth answers exactly what Envoy sends', async (t) => {
  const { root, account, ask } = await startApi(t, { FORWARD_AUTH_NETWORKS: '' })
  const platform: string = (await root.get('/v1/me')).body.api_key.account_id
  const list = await newAllowList(root, account, [`${home}/32`])
  const { id, token } = await newKey(root, account, { role: 'viewer', allow_list_ids: [list] })
  const verifier = await newKey(root, platform, { role: 'verifier' })
  const demand = '?permission=cluster:read'

  const envoy = (
    bearer: string,
    forwardedFor: string,
    { method = 'GET', query = demand, agent }: Envoy = {},
  ) =>
    ask(undefined, {
      method,
      query,
      headers: headersOfEnvoy({ bearer, forwardedFor, verifier: verifier.token }),
      ...(agent && { agent }),
    })
  for (const method of ['GET', 'POST', 'DELETE', 'PROPFIND', 'OPTIONS']) {
    // path_prefix precedes the original path as received; path_override replaces the path.
    const prefixed = `${demand}&original_uri=/api/things?permission=a:b&account_id=x&token=y`
    for (const query of [demand, prefixed]) {
      const allowed = await envoy(token, `192.0.2.9,${home}`, { method, query })
      t.same([allowed.status, allowed.headers['x-key-id']], [200, id], method)
      const wrong = await envoy(token, `${home},192.0.2.9`, { method, query })
      t.equal(wrong.status, 401, `${method}, wrong address: what the client wrote stands left`)
      t.equal((await envoy('nonsense', home, { method, query })).status, 401, method)
    }
    const query = '?permission=cluster:delete&original_uri=/a?permission=cluster:read'
    t.equal((await envoy(token, home, { method, query })).status, 403, method)
  }
  await keepsConnections(t, (agent) => envoy(token, home, { method: 'POST', agent }))
})

/** The original method, lower-case names, no body, and Envoy's own headers at the end. */
function headersOfEnvoy(request: {
  readonly bearer: string
  readonly forwardedFor: string
  readonly verifier: string
}): readonly string[] {
  const { bearer, forwardedFor, verifier } = request
  return [
    ...['host', 'app.example.com', 'content-length', '0', 'authorization', `Bearer ${bearer}`],
    ...['x-forwarded-for', forwardedFor, 'x-verifier-authorization', `Bearer ${verifier}`],
    ...['x-envoy-internal', 'true', 'x-envoy-expected-rq-timeout-ms', '1000'],
  ]
}

interface Envoy {
  readonly method?: string
  readonly query?: string
  readonly agent?: Agent
}

/** 1,000 requests, eight at a time, on reused connections. */
async function keepsConnections(t: Test, send: (agent: Agent) => Promise<Answer>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const sockets = new Set<unknown>()
  agent.on('free', (socket) => sockets.add(socket))
  const statuses = await Promise.all(
    Array.from({ length: 1_000 }, () => send(agent).then(({ status }) => status)),
  )
  agent.destroy()
  t.same([...new Set(statuses)], [200], 'all are allowed')
  t.ok(sockets.size <= 8, `${sockets.size} connections`)
}
