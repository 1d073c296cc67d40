/** A browser exchanges a key, or a sign-in link, for a session of its own. */
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { formatConsoleSecret } from '../../src/domain/session/console-secret.ts'
import { deriveTagKey } from '../../src/domain/token/tag.ts'
import { issueSignInLink } from '../../src/setup/issue-sign-in-link.ts'
import {
  callWithCookie,
  consoleHeaders,
  cookieName,
  signIn,
  trySignIn,
} from '../helpers/browser.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newAllowList, newKey } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { assertProblem } from '../helpers/problems.ts'
import { countStatements, startDatabaseProxy } from '../helpers/proxy.ts'
import { startTestService, type TestService } from '../helpers/service.ts'
import { shareService } from '../helpers/share-service.ts'

const unauthenticated = { status: 401, code: 'unauthenticated' }
const originRefused = { status: 403, code: 'origin_refused' }

const service = shareService(t, await startTestService(t))

t.test('a key is exchanged for a session that acts as the key', async (t) => {
  const account = await newAccount(service.root)
  const key = await newKey(service.root, account, { role: 'admin' })
  const browser = await signIn(service, { key: key.token })

  t.match(browser.signedIn.body, {
    session: { api_key_id: key.id, current: true, client_ip: '127.0.0.1', ended_at: null },
    api_key: { id: key.id },
    role: { name: 'admin' },
    account: { id: account, name: 'Acme' },
  })
  t.ok(browser.signedIn.body.permissions.includes('api_key:create'))
  t.equal(
    browser.signedIn.headers['set-cookie'],
    `${cookieName}=${browser.cookie}; Path=/; HttpOnly; SameSite=Lax`,
  )
  const again = await browser.call('GET', '/v1/session')
  t.equal(again.status, 200)
  t.same(again.body, {
    ...browser.signedIn.body,
    session: { ...again.body.session },
    api_key: { ...again.body.api_key },
  })
  t.equal(again.headers['cache-control'], 'no-store')
  const list = await browser.call('GET', `/v1/accounts/${account}/api-keys`)
  t.equal(list.status, 200)
  t.equal(list.headers['cache-control'], 'no-store', 'Back after signing out shows nothing')

  const issued = await browser.call('POST', `/v1/accounts/${account}/api-keys`, {
    body: { name: 'by session', role: 'viewer', expires_at: null },
  })
  t.equal(issued.status, 201)
  t.match(issued.body.api_key.created_by, { kind: 'api_key', id: key.id })
  const events = (await service.root.get(`/v1/accounts/${account}/audit-events`)).body.audit_events
  t.match(events[0], { action: 'api_key.issued', actor: { kind: 'api_key', id: key.id } })
  t.match(events[0], { api_key_id: key.id, session_id: browser.sessionId })
  t.match(events[1], {
    action: 'session.started',
    api_key_id: key.id,
    session_id: null,
    resource: { type: 'session', id: browser.sessionId },
    after: { signed_in_by: 'api_key' },
  })
})

t.test('the database holds the SHA-256 of a session token only', async (t) => {
  // The teardown of the service searches all rows and texts for the cookie.
  const { cookie, sessionId } = await signIn(service, { key: service.rootToken })
  const raw = await connectRaw(t, service.database.url)
  const { rows } = await raw.query(
    `select id from session where hash = sha256(convert_to($1, 'UTF8'))`,
    [cookie],
  )
  t.same(rows, [{ id: sessionId }])
})

t.test('signing in requires a valid key from a valid address, given alone', async (t) => {
  const account = await newAccount(service.root)
  const list = await newAllowList(service.root, account, ['192.0.2.0/24'])
  const restricted = await newKey(service.root, account, {
    allow_list_ids: [list],
  })
  const revoked = await newKey(service.root, account)
  await service.root.post(`/v1/accounts/${account}/api-keys/${revoked.id}/revoke`, {})
  const { cookie } = await signIn(service, { key: service.rootToken })

  assertProblem(t, await trySignIn(service, { key: revoked.token }), unauthenticated, 'revoked')
  assertProblem(t, await trySignIn(service, { key: 'nonsense' }), unauthenticated, 'no key')
  assertProblem(t, await trySignIn(service, { key: cookie }), unauthenticated, 'a session token')
  assertProblem(t, await trySignIn(service, { sign_in_secret: cookie }), unauthenticated, 'no link')
  assertProblem(
    t,
    await trySignIn(service, { sign_in_secret: restricted.token }),
    unauthenticated,
    'no link',
  )
  const elsewhere = await trySignIn(service, { key: restricted.token })
  assertProblem(t, elsewhere, { status: 403, code: 'permission_denied' }, 'elsewhere')
  for (const body of [{}, { key: service.rootToken, sign_in_secret: 'both' }]) {
    assertProblem(
      t,
      await trySignIn(service, body),
      { status: 400, code: 'invalid_request', faults: [['', 'one_of']] },
      'one',
    )
  }
  const there = await signIn(service, { key: restricted.token }, { remoteAddress: '192.0.2.7' })
  t.equal(there.signedIn.body.session.client_ip, '192.0.2.7')
})

t.test('signing in never adopts a session that the browser brings along', async (t) => {
  const account = await newAccount(service.root)
  const attacker = await signIn(service, { key: (await newKey(service.root, account)).token })
  const victim = await trySignIn(
    service,
    { key: service.rootToken },
    { headers: { cookie: `${cookieName}=${attacker.cookie}` } },
  )
  t.equal(victim.status, 201)
  t.not(victim.body.session.id, attacker.sessionId)
  const seen = await attacker.call('GET', '/v1/session')
  t.equal(seen.body.account.id, account, 'the planted cookie is still the attacker’s own')
})

t.test('a browser signs in at PUBLIC_URL over TLS or at a loopback host only', async (t) => {
  const settings = { PUBLIC_URL: 'https://keys.example' }
  const service = await startTestService(t, { settings })
  const body = { key: service.rootToken }
  const headers = { host: 'keys.example', origin: 'https://keys.example' }
  const secure = await trySignIn(service, body, { headers })
  t.equal(secure.status, 201)
  t.match(
    secure.headers['set-cookie'],
    /^__Host-aeon_session=[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  )
  t.equal((await trySignIn(service, body)).status, 201, 'and on the machine itself')
  for (const origin of ['http://keys.example', 'https://keys.example:444', 'null']) {
    const answer = await trySignIn(service, body, { headers: { ...headers, origin } })
    assertProblem(t, answer, originRefused, origin)
    t.match(answer.body.detail, 'https://keys.example/console', 'says where')
  }
})

t.test('signing in over plain HTTP elsewhere is refused with the remedy', async (t) => {
  const body = { key: service.rootToken }
  // The last ones are names that an attacker's DNS may point to 127.0.0.1.
  for (const host of [
    'keys.example:8080',
    '192.0.2.1',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    'localhost:99999',
    '127.0.0.1:65536',
    '[::1]:70000',
  ]) {
    const headers = { host, origin: `http://${host}` }
    const answer = await trySignIn(service, body, { headers })
    assertProblem(t, answer, originRefused, host)
    t.match(answer.body.detail, 'PUBLIC_URL', 'the remedy')
    t.notOk(answer.headers['set-cookie'])
  }
  for (const host of ['localhost:8080', '[::1]:8080', '127.0.0.1']) {
    const headers = { host, origin: `http://${host}` }
    t.equal((await trySignIn(service, body, { headers })).status, 201, host)
  }
})

t.test('a page of another origin signs nobody in', async (t) => {
  const body = { key: service.rootToken }
  for (const [label, headers] of Object.entries(foreign)) {
    const answer = await service.as(undefined).call('POST', '/v1/session', { body, headers })
    assertProblem(t, answer, originRefused, label)
  }
  const { detail } = await service
    .as(undefined)
    .call('POST', '/v1/session', { body, headers: withoutOrigin })
    .then((answer) => answer.body)
  t.match(detail, /^The request requires the header Origin: http:/, 'no page of another origin')
})

const { 'x-aeon-console': _header, ...withoutHeader } = consoleHeaders
const { origin: _origin, ...withoutOrigin } = consoleHeaders
const foreign = {
  'without the header': withoutHeader,
  'without an origin': withoutOrigin,
  'another port': { ...consoleHeaders, origin: 'http://127.0.0.1:9999' },
  'another name of the machine': { ...consoleHeaders, origin: 'http://localhost:8080' },
  'same-site': { ...consoleHeaders, 'sec-fetch-site': 'same-site' },
  'cross-site': { ...consoleHeaders, 'sec-fetch-site': 'cross-site' },
}

t.test('a sign-in link starts one session of one hour', async (t) => {
  const { secret } = await newLink(service)
  const [one, other] = await Promise.all([
    trySignIn(service, { sign_in_secret: secret }),
    trySignIn(service, { sign_in_secret: secret }),
  ])
  t.same([one.status, other.status].sort(), [201, 401], 'of two clicks at once one signs in')
  assertProblem(
    t,
    await trySignIn(service, { sign_in_secret: secret }),
    unauthenticated,
    'replayed',
  )
  const { session } = one.status === 201 ? one.body : other.body
  const lastsMs = Date.parse(session.expires_at) - Date.parse(session.created_at)
  // The clock is read for each of the two times.
  t.ok(Math.abs(lastsMs - 60 * 60 * 1000) < 60_000, `${lastsMs}`)
  const { body } = await service.root.get(`/v1/accounts/${await platformOf(service)}/audit-events`)
  t.match(
    body.audit_events.slice(0, 2).map((event: { action: string }) => event.action),
    ['session.started', 'session.link_issued'],
  )
  t.match(body.audit_events[0].after, { signed_in_by: 'sign_in_link' })
})

t.test('a sign-in link works for 15 minutes, and while its key is valid', async (t) => {
  const service = await startTestService(t)
  const late = await newLink(service)
  service.clock.offsetMs = 15 * 60_000
  assertProblem(
    t,
    await trySignIn(service, { sign_in_secret: late.secret }),
    unauthenticated,
    'late',
  )
  const { secret, apiKeyId } = await newLink(service)
  const platform = await platformOf(service)
  const other = await newKey(service.root, platform)
  const path = `/v1/accounts/${platform}/api-keys/${apiKeyId}/revoke`
  t.equal((await service.as(other.token).post(path, {})).status, 200)
  assertProblem(t, await trySignIn(service, { sign_in_secret: secret }), unauthenticated, 'revoked')
})

t.test('a sign-in link is of the newest valid admin key of the platform account', async (t) => {
  const service = await startTestService(t)
  const platform = await platformOf(service)
  const newer = await newKey(service.root, platform)
  const viewer = await newKey(service.root, platform, { role: 'viewer' })
  const expired = await newKey(service.root, platform, {
    expires_at: new Date(Date.now() + 60_000).toISOString(),
  })
  service.clock.offsetMs = 61_000
  t.equal((await newLink(service)).apiKeyId, newer.id, `not ${viewer.id} or ${expired.id}`)
})

t.test('a session token with a valid tag is unknown unless its session has its hash', async (t) => {
  const service = await startTestService(t)
  const { sessionId } = await signIn(service, { key: service.rootToken })
  const { cache, keyring } = service.service.deps
  const secret = randomBytes(32)
  const unknown = '01a22614-6ece-7d12-a61f-7ea28e71a667'
  for (const id of [unknown, sessionId]) {
    const { text } = formatConsoleSecret('session', { id, secret, tagKey: keyring.signing })
    const answer = await callWithCookie(service, text, 'GET', '/v1/session')
    assertProblem(t, answer, unauthenticated, id)
  }

  // Past the lease the tag keys are read again before a tag is refused.
  const tagKey = deriveTagKey('of another deployment', randomBytes(32))
  const { text } = formatConsoleSecret('session', { id: sessionId, secret, tagKey })
  service.moment.monotonicMs += 60 * 60_000
  t.equal(cache.isLeaseExpired(), true)
  const answer = await callWithCookie(service, text, 'GET', '/v1/session')
  assertProblem(t, answer, unauthenticated, 'past the lease')
})

t.test('forged session tokens and link secrets cost no statement', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  let statements = 0
  const proxy = await startDatabaseProxy(database.url, (bytes, application) => {
    if (application !== 'aeon-keys feed') statements += countStatements(bytes)
    return 'pass'
  })
  t.teardown(() => proxy.close())
  const service = await startTestService(t, { database: { ...database, url: proxy.url } })
  const { cookie } = await signIn(service, { key: service.rootToken })
  await callWithCookie(service, cookie, 'GET', '/v1/permissions')
  const tagKey = deriveTagKey('of another deployment', randomBytes(32))
  const id = '01a22614-6ece-7d12-a61f-7ea28e71a667'
  const secret = randomBytes(32)
  const forged = formatConsoleSecret('session', { id, secret, tagKey }).text
  const link = formatConsoleSecret('sign_in', { id, secret, tagKey }).text
  const last = cookie.endsWith('0') ? '1' : '0'
  const before = statements
  for (const text of [forged, link, `${cookie.slice(0, -1)}${last}`, '', 'x', service.rootToken]) {
    const answer = await callWithCookie(service, text, 'GET', '/v1/session')
    assertProblem(t, answer, unauthenticated, 'a forged cookie')
  }
  for (const text of [link, forged, cookie]) {
    assertProblem(
      t,
      await trySignIn(service, { sign_in_secret: text }),
      unauthenticated,
      'a forged link',
    )
  }
  t.equal(statements, before)
  t.equal((await callWithCookie(service, cookie, 'GET', '/v1/session')).status, 200)
  t.ok(statements > before, 'the proxy counts')
})

t.test('CONSOLE=off closes the console and every use of cookies', async (t) => {
  const { cookie } = await signIn(service, { key: service.rootToken })
  const { database, rootToken } = service
  const closed = await startTestService(t, { database, rootToken, settings: { CONSOLE: 'off' } })
  assertProblem(
    t,
    await trySignIn(closed, { key: rootToken }),
    { status: 404, code: 'not_found' },
    'off',
  )
  const answer = await callWithCookie(closed, cookie, 'GET', '/v1/permissions')
  assertProblem(t, answer, unauthenticated, 'no cookie counts')
})

async function newLink({ service, canaries }: TestService) {
  const link = await issueSignInLink(service.deps, service.deps.db)
  canaries.addSecret(link.secret)
  return link
}

async function platformOf({ root }: Pick<TestService, 'root'>): Promise<string> {
  return (await root.get('/v1/me')).body.api_key.account_id
}
