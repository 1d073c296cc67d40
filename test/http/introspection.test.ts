import * as oauth from 'oauth4webapi'
import t, { type Test, test } from 'tap'
import type { Answer } from '../helpers/api.ts'
import { type CheckedService, startCheckedService } from '../helpers/checked-service.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { freePort } from '../helpers/free-port.ts'
import { startDatabaseProxy } from '../helpers/proxy.ts'
import { type RawRequest, sendRaw } from '../helpers/raw-request.ts'
import { shareService } from '../helpers/share-service.ts'

const path = '/oauth2/introspect'
const formType = 'application/x-www-form-urlencoded'
const unknownId = '0192f3a4-5b6c-7d8e-9f01-23456789abcd'
const publicUrl = 'https://keys.example.com'
const inactive = '{"active":false}'

type Form = readonly (readonly [string, string])[]

interface Api extends CheckedService {
  readonly account: string
  readonly platform: string
  readonly url: string
  /** The token of a key with api_key:verify. */
  readonly verifier: { readonly id: string; readonly token: string }
  /** Introspects a token as the verifier. */
  introspect(form: Form): Promise<Answer>
  /** Posts any body with raw header pairs. */
  post(body: string | Buffer, headers: readonly string[], options?: PostOptions): Promise<Answer>
}

interface PostOptions extends Pick<RawRequest, 'from'> {
  readonly query?: string
}

async function startApi(t: Test, settings: Record<string, string> = {}): Promise<Api> {
  const started = await startCheckedService(t, { settings: { PUBLIC_URL: publicUrl, ...settings } })
  const { root, service, check, canaries } = started
  const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
  const platform: string = (await root.get('/v1/me')).body.api_key.account_id
  const verifier = await newKey(root, platform, { role: 'verifier' })
  const post: Api['post'] = async (body, headers, { query = '', from } = {}) => {
    const length = ['Content-Length', String(Buffer.byteLength(body))]
    const answer = await sendRaw(url + path + query, {
      method: 'POST',
      headers: [...length, ...headers],
      body,
      ...(from !== undefined && { from }),
    })
    check('POST', path, answer)
    canaries.addText(answer.text + JSON.stringify(answer.headers))
    return answer
  }
  return {
    ...started,
    url,
    platform,
    verifier,
    account: await newAccount(root),
    post,
    introspect: (form) =>
      post(
        new URLSearchParams(
          form.map(([name, value]) => [name, value] as [string, string]),
        ).toString(),
        [...['Content-Type', formType], ...['Authorization', `Bearer ${verifier.token}`]],
      ),
  }
}

const shared = shareService(t, await startApi(t))

test('introspection describes an active token as RFC 7662 specifies', async (t) => {
  const { root, as, account, platform, introspect } = shared
  const name = 'Ren\u00e9e \u{1f511}'
  const role = await newRole(root, account, 'r\u00f4le', ['cluster:read', 'backup:read'])
  const before = Math.floor(Date.now() / 1000)
  const { id, token } = await newKey(root, account, { role })
  const answer = await introspect([['token', token]])
  const { iat, scope, ...rest } = answer.body
  t.same(rest, {
    active: true,
    sub: id,
    client_id: id,
    jti: id,
    iss: publicUrl,
    token_type: 'Bearer',
    account_id: account,
    role: 'r\u00f4le',
  })
  t.same(scope.split(' ').sort(), (await as(token).get('/v1/me')).body.permissions.toSorted())
  t.ok(Number.isInteger(iat) && before <= iat && iat <= Date.now() / 1000)
  t.equal(answer.headers['cache-control'], 'no-store')
  t.match(answer.headers['content-type'], /^application\/json/)

  const none = await newRole(root, account, 'none', [])
  const powerless = await introspect([
    ['token', (await newKey(root, account, { role: none })).token],
  ])
  t.equal(powerless.body.active, true)
  t.notOk('scope' in powerless.body, 'RFC 6749, section 3.3: no scope is empty')

  const expiresAt = new Date(Date.now() + 3_600_999)
  const expiring = await newKey(root, account, { role, expires_at: expiresAt.toISOString() })
  const { exp } = (await introspect([['token', expiring.token]])).body
  t.equal(exp, Math.floor(expiresAt.getTime() / 1000), 'never later than the key')

  const at = `/v1/accounts/${account}/api-keys/${expiring.id}`
  const rotatedAfter = Date.now()
  const rotated = await root.post(`${at}/rotate`, { overlap_seconds: 60 })
  t.ok(rotated.status < 300, rotated.text.slice(0, 100))
  const older = (await introspect([['token', expiring.token]])).body
  const soonest = Math.floor(rotatedAfter / 1000) + 60
  t.ok(soonest <= older.exp && older.exp <= Date.now() / 1000 + 60, 'the end of its overlap')
  const newer = (await introspect([['token', rotated.body.token]])).body
  t.same([newer.active, newer.sub, newer.exp], [true, expiring.id, exp], 'the end of its key')

  const all = (await root.get('/v1/me')).body.permissions
  const console = await newRole(root, platform, 'console', all)
  const backend = as((await newKey(root, platform, { role: console })).token)
  const forUser = await backend.call('POST', `/v1/accounts/${account}/api-keys`, {
    headers: { 'x-acting-user': 'u1', 'x-acting-user-name': encodeURIComponent(name) },
    body: { name: 'for a user', role: 'viewer', expires_at: null },
  })
  const described = (await introspect([['token', forUser.body.token]])).body
  t.equal(described.username, name, 'the user for whom it was issued')
})

test('introspection answers exactly {"active":false} for every inactive token', async (t) => {
  const { root, account, introspect, clock } = shared
  const keys = `/v1/accounts/${account}/api-keys`
  const list = await newAllowList(root, account, ['203.0.113.0/24'])
  const good = await newKey(root, account, { role: 'viewer' })
  const restricted = await newKey(root, account, { allow_list_ids: [list] })
  const revoked = await newKey(root, account)
  await root.post(`${keys}/${revoked.id}/revoke`, {})
  const disabled = await newKey(root, account)
  await root.post(`${keys}/${disabled.id}/disable`, {})
  const expiresAt = new Date(Date.now() + clock.offsetMs + 60_000).toISOString()
  const expired = await newKey(root, account, { expires_at: expiresAt })
  clock.offsetMs += 60_000

  const active: readonly Form[] = [
    [['token', good.token]],
    [
      ['token', good.token],
      ['token_type_hint', 'refresh_token'],
    ],
    [
      ['token', good.token],
      ['token_type_hint', 'nonsense'],
      ['resource', 'x'],
      ['resource', 'y'],
    ],
    [
      ['token', good.token],
      ['permission', 'cluster:read'],
      ['permission', 'backup:read'],
    ],
    [
      ['token', good.token],
      ['account_id', account.toUpperCase()],
    ],
    [
      ['token', good.token],
      ['client_ip', ''],
      ['permission', ''],
      ['account_id', ''],
    ],
    [
      ['token', restricted.token],
      ['client_ip', '203.0.113.9'],
    ],
    [
      ['token', restricted.token],
      ['client_ip', '::ffff:203.0.113.9'],
    ],
  ]
  for (const form of active) {
    const answer = await introspect(form)
    t.same([answer.status, answer.body.active], [200, true], JSON.stringify(form.slice(1)))
  }
  const denied: readonly [string, Form][] = [
    ['malformed', [['token', 'nonsense']]],
    ['malformed, 8 kB', [['token', 'x'.repeat(8_000)]]],
    ['malformed, beyond ASCII', [['token', `${good.token}\u00e9\u{1f511}`]]],
    ['a JWT of nobody', [['token', 'eyJhbGciOiJub25lIn0.e30.']]],
    ['forged', [['token', `${good.token.slice(0, -11)}00000000000`]]],
    ['revoked', [['token', revoked.token]]],
    ['disabled', [['token', disabled.token]]],
    ['expired', [['token', expired.token]]],
    [
      'another account',
      [
        ['token', good.token],
        ['account_id', unknownId],
      ],
    ],
    ['no address', [['token', restricted.token]]],
    [
      'another address',
      [
        ['token', restricted.token],
        ['client_ip', '198.51.100.1'],
      ],
    ],
    [
      'no permission',
      [
        ['token', good.token],
        ['permission', 'cluster:read'],
        ['permission', 'cluster:delete'],
      ],
    ],
    [
      'a permission that nobody has',
      [
        ['token', good.token],
        ['permission', 'a:b'],
      ],
    ],
  ]
  for (const [told, form] of denied) {
    const answer = await introspect(form)
    t.same([answer.status, answer.text], [200, inactive], told)
  }
})

test('introspection accepts a bearer or a client with a password, and answers 401 otherwise', async (t) => {
  const api = await startApi(t, { TRUSTED_PROXIES: '127.0.0.2' })
  const { root, account, platform, verifier, post, clock } = api
  const { token } = await newKey(root, account)
  const body = `token=${token}`
  const basic = (user: string, password: string) =>
    `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const ask = (authorization: readonly string[], options?: PostOptions) =>
    post(
      body,
      ['Content-Type', formType, ...authorization.flatMap((value) => ['Authorization', value])],
      options,
    )
  const hint = verifier.token.slice(0, 27)
  const escaped = (text: string) =>
    text.replace(/[-_.]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
  for (const authorization of [
    `Bearer ${verifier.token}`,
    basic(verifier.id, verifier.token),
    basic(verifier.id.toUpperCase(), verifier.token),
    basic(hint, verifier.token),
    basic(escaped(verifier.id), escaped(verifier.token)),
    basic(hint, verifier.token).replace('Basic', 'basic'),
  ]) {
    const answer = await ask([authorization])
    t.same([answer.status, answer.body.active], [200, true], authorization.slice(0, 20))
  }

  const revoked = await newKey(root, platform, { role: 'verifier' })
  await root.post(`/v1/accounts/${platform}/api-keys/${revoked.id}/revoke`, {})
  const expiresAt = new Date(Date.now() + clock.offsetMs + 60_000).toISOString()
  const expired = await newKey(root, platform, { role: 'verifier', expires_at: expiresAt })
  clock.offsetMs += 60_000
  const viewer = await newKey(root, platform, { role: 'viewer' })
  const other = await newKey(root, platform, { role: 'verifier' })
  const list = await newAllowList(root, platform, ['203.0.113.7'])
  const bound = await newKey(root, platform, { role: 'verifier', allow_list_ids: [list] })
  const bearerRealm = 'Bearer realm="aeon-keys"'
  const basicRealm = 'Basic realm="aeon-keys", charset="UTF-8"'
  const anyRealm = `${bearerRealm}, ${basicRealm}`
  const invalid = `${bearerRealm}, error="invalid_token"`
  const scope = `${bearerRealm}, error="insufficient_scope", scope="api_key:verify"`
  const refused: readonly [string, readonly string[], string, string][] = [
    ['nothing', [], 'invalid_client', anyRealm],
    ['another scheme', ['Digest x'], 'invalid_client', anyRealm],
    ['two headers', Array(2).fill(`Bearer ${verifier.token}`), 'invalid_client', anyRealm],
    ['Basic that is no base64', ['Basic ???'], 'invalid_client', anyRealm],
    ['Basic without a colon', ['Basic YWJj'], 'invalid_client', anyRealm],
    ['Basic with a bad escape', [basic('%zz', verifier.token)], 'invalid_client', anyRealm],
    ['no user', [basic('', verifier.token)], 'invalid_client', basicRealm],
    ['the user of another key', [basic(other.id, verifier.token)], 'invalid_client', basicRealm],
    ['the password of no key', [basic(verifier.id, 'nonsense')], 'invalid_client', basicRealm],
    ['a client that may not', [basic(viewer.id, viewer.token)], 'invalid_client', basicRealm],
    ['a revoked client', [basic(revoked.id, revoked.token)], 'invalid_client', basicRealm],
    ['a bearer of nonsense', ['Bearer nonsense'], 'invalid_token', invalid],
    ['8 kB', [`Bearer ${'x'.repeat(8_000)}`], 'invalid_token', invalid],
    ['bytes beyond ASCII', [`Bearer ${verifier.token}\u00e9`], 'invalid_token', invalid],
    ['a revoked bearer', [`Bearer ${revoked.token}`], 'invalid_token', invalid],
    ['an expired bearer', [`Bearer ${expired.token}`], 'invalid_token', invalid],
    ['a bearer from elsewhere', [`Bearer ${bound.token}`], 'invalid_token', invalid],
    [
      'a bearer of the platform that may not',
      [`Bearer ${viewer.token}`],
      'insufficient_scope',
      scope,
    ],
    ['a bearer of an account', [`Bearer ${token}`], 'insufficient_scope', scope],
  ]
  for (const [told, authorization, error, challenge] of refused) {
    const answer = await ask(authorization)
    t.same([answer.status, answer.body.error], [401, error], told)
    t.equal(answer.headers['www-authenticate'], challenge, told)
    t.same(Object.keys(answer.body), ['error', 'error_description'], told)
  }
  const forwarded = ['Content-Type', formType, 'X-Forwarded-For', '203.0.113.7']
  const headers = [...forwarded, 'Authorization', `Bearer ${bound.token}`]
  t.equal((await post(body, headers, { from: '127.0.0.2' })).status, 200, 'behind a trusted proxy')
  t.equal((await post(body, headers, { from: '127.0.0.3' })).status, 401, 'and no other')
})

test('introspection reports bad requests in OAuth form and refuses a token in the URL', async (t) => {
  const { root, account, verifier, post, url, logLines, check } = shared
  const { token } = await newKey(root, account)
  const authorization = ['Authorization', `Bearer ${verifier.token}`]
  const ask = (body: string | Buffer, type = formType, query = '') =>
    post(body, [...authorization, ...(type === '' ? [] : ['Content-Type', type])], { query })
  const bad: readonly [string, Promise<Answer>][] = [
    ['nothing', ask('')],
    ['nothing, of no type', ask('', '')],
    ['no token', ask('client_ip=203.0.113.7')],
    ['an empty token', ask('token=')],
    ['two tokens', ask(`token=${token}&token=${token}`)],
    ['the same twice', ask(`token=${token}&token_type_hint=a&token_type_hint=a`)],
    ['two addresses', ask(`token=${token}&client_ip=203.0.113.7&client_ip=203.0.113.8`)],
    ['two accounts', ask(`token=${token}&account_id=${account}&account_id=${account}`)],
    ['no address', ask(`token=${token}&client_ip=localhost`)],
    ['an address with a port', ask(`token=${token}&client_ip=203.0.113.7:80`)],
    ['no account', ask(`token=${token}&account_id=x`)],
    ['no permission', ask(`token=${token}&permission=cluster`)],
    ['permissions in one', ask(`token=${token}&permission=cluster:read+cluster:update`)],
    ['51 permissions', ask(`token=${token}${'&permission=a:b'.repeat(51)}`)],
    ['JSON', ask(JSON.stringify({ token }), 'application/json')],
    ['text', ask(`token=${token}`, 'text/plain')],
    ['multipart', ask(`token=${token}`, 'multipart/form-data; boundary=x')],
    ['no type', ask(`token=${token}`, '')],
    ['a type that cannot be read', ask(`token=${token}`, 'nonsense')],
    ['bytes beyond ASCII', ask(Buffer.from([0xff, 0xfe, 0x00, 0x80]))],
    ['a token in the URL', ask('', formType, `?token=${token}`)],
    ['a token in the URL and in the body', ask(`token=${token}`, formType, `?token=${token}`)],
    ['anything in the URL', ask(`token=${token}`, formType, '?x')],
  ]
  for (const [told, answering] of bad) {
    const { status, body, headers } = await answering
    t.same([status, body.error], [400, 'invalid_request'], told)
    t.same(Object.keys(body), ['error', 'error_description'], told)
    t.match(headers['content-type'], /^application\/json/, told)
  }
  const large = await ask(`token=${'x'.repeat(300_000)}`)
  t.same([large.status, large.body.error], [413, 'invalid_request'])
  t.match(large.body.error_description, /limit of the operation, 49152 bytes/)
  t.equal((await ask(`token=${token}`, `${formType}; charset=UTF-8`)).body.active, true)

  for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const answer = await sendRaw(`${url}${path}?token=${token}`, { method, headers: authorization })
    check(method, path, answer)
    t.same([answer.status, answer.headers.allow], [405, 'POST'], `there is no ${method}`)
    if (method === 'HEAD') continue
    t.same(answer.body, {
      error: 'invalid_request',
      error_description: 'The path supports only POST.',
    })
  }
  for (const below of ['/', `/${token}`, '/%zz', '/x?token=y']) {
    for (const method of ['GET', 'POST']) {
      const answer = await sendRaw(url + path + below, { method })
      check(method, path + below, answer)
      t.equal(answer.status, 404, `${method} ${below}`)
      const hint = below === '/' ? ': leave out the slash at the end' : ''
      const description = `There is no such route${hint}.`
      t.same(answer.body, { error: 'invalid_request', error_description: description })
    }
  }
  const beside = await sendRaw(`${url}${path}s`, { method: 'POST' })
  check('POST', `${path}s`, beside)
  t.equal(
    beside.body.code,
    'not_found',
    'a path beside the prefix gets a problem of the native API',
  )
  t.ok(logLines.length > 10)
  t.notMatch(logLines.join(''), /\?token|\?x/, 'no query is logged')
})

test('introspection answers 503 in OAuth form in an outage, and never inactive', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const way = await startDatabaseProxy(database.url)
  t.teardown(() => way.close())
  const started = await startCheckedService(t, {
    database: { ...database, url: way.url },
  })
  const { root, rootToken, service, check } = started
  const { token } = await newKey(root, await newAccount(root))
  const ask = async (caller: string, subject: string) => {
    const answer = await service.app.inject({
      method: 'POST',
      url: path,
      headers: { authorization: `Bearer ${caller}`, 'content-type': formType },
      payload: `token=${subject}`,
    })
    const { statusCode: status, headers, body: text } = answer
    check('POST', path, { status, headers, text, body: JSON.parse(text) })
    return { status, headers, body: JSON.parse(text) }
  }
  way.cut()
  for (const [caller, subject] of [
    [rootToken, token],
    [token, rootToken],
  ] as const) {
    const { status, headers, body } = await ask(caller, subject)
    t.same([status, body.error], [503, 'temporarily_unavailable'])
    t.ok(headers['retry-after'])
  }
  t.equal((await ask(rootToken, rootToken)).body.active, true, 'what is known is answered')
  way.restore()
  await started.stop()
})

test('oauth4webapi discovers the endpoint and introspects', async (t) => {
  const nameless = await startCheckedService(t)
  const metadata = await nameless.root.get('/.well-known/oauth-authorization-server')
  t.equal(metadata.status, 404, 'without a URL there is no metadata')

  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const { root, service } = await startCheckedService(t, {
    settings: { PUBLIC_URL: issuer },
  })
  await service.app.listen({ host: '127.0.0.1', port })
  const tenant = await newAccount(root)
  const platform: string = (await root.get('/v1/me')).body.api_key.account_id
  const { id, token: password } = await newKey(root, platform, { role: 'verifier' })
  const list = await newAllowList(root, tenant, ['203.0.113.7'])
  const key = await newKey(root, tenant, { role: 'viewer', allow_list_ids: [list] })

  const options = { [oauth.allowInsecureRequests]: true }
  const identifier = new URL(issuer)
  const server = await oauth.processDiscoveryResponse(
    identifier,
    await oauth.discoveryRequest(identifier, { ...options, algorithm: 'oauth2' }),
  )
  t.equal(server.introspection_endpoint, `${issuer}/oauth2/introspect`)
  t.same(server.introspection_endpoint_auth_methods_supported, ['client_secret_basic', 'Bearer'])
  const client = { client_id: id }
  const introspect = async (secret: string, token: string, parameters: Record<string, string>) =>
    oauth.processIntrospectionResponse(
      server,
      client,
      await oauth.introspectionRequest(server, client, oauth.ClientSecretBasic(secret), token, {
        ...options,
        additionalParameters: parameters,
      }),
    )
  const active = await introspect(password, key.token, { client_ip: '203.0.113.7' })
  t.match(active, { active: true, sub: key.id, iss: issuer, token_type: 'Bearer' })
  t.same(await introspect(password, key.token, {}), { active: false })
  t.same(await introspect(password, 'nonsense', {}), { active: false })
  await t.rejects(introspect('nonsense', key.token, {}), {
    name: 'WWWAuthenticateChallengeError',
    status: 401,
  })
})
