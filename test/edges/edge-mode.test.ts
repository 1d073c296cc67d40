/** The service as an edge of another one: the routes for verdicts, by what that one tells it. */
import t, { type Test } from 'tap'
import { Pacing } from '../../src/http/pacing/pacing.ts'
import type { Answer, Api, CallOptions } from '../helpers/api.ts'
import { startEdgeMode } from '../helpers/edge-mode.ts'
import { startEdgeSite } from '../helpers/edge-sites.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { until } from '../helpers/until.ts'

const site = await startEdgeSite(t, {
  EDGES_MAX: '20',
  USE_FLUSH_MS: '100',
  FORWARD_AUTH_NETWORKS: '127.0.0.2',
  TRUSTED_PROXIES: '127.0.0.2',
  EXPIRY_WARNING_DAYS: '7',
})
const { root, started } = site
const account = await newAccount(root)
const verifier = site.verifier.token
const keys = `/v1/accounts/${account}/api-keys`
const settings = { FORWARD_AUTH_NETWORKS: '127.0.0.2', TRUSTED_PROXIES: '127.0.0.2' }

t.test('an edge answers every route for verdicts as the service does', async (t) => {
  const edge = await startEdgeMode(t, site, { settings })
  const list = await newAllowList(root, account, ['192.0.2.0/24', '2001:db8::/32'])
  const soon = new Date(Date.now() + 3_600_000).toISOString()
  const good = await newKey(root, account, { role: 'viewer', expires_at: soon })
  const restricted = await newKey(root, account, { allow_list_ids: [list] })
  const revoked = await newKey(root, account)
  await root.post(`${keys}/${revoked.id}/revoke`)
  const tokens = [
    good.token,
    restricted.token,
    revoked.token,
    `${good.token}x`,
    'x',
    '',
    'x'.repeat(2_000),
  ]
  const attempts = tokens.flatMap((token) => [
    { token },
    { token, client_ip: '192.0.2.7', permissions: ['cluster:read'] },
    { token, client_ip: '2001:db8::7', account_id: account.toUpperCase() },
    { token, client_ip: '198.51.100.1', permissions: ['role:create'] },
  ])
  const ask = async (api: Api): Promise<readonly Answer[]> => {
    const answers: Answer[] = []
    for (const body of attempts) answers.push(await api.call('POST', '/v1/verify', { body }))
    answers.push(await api.call('POST', '/v1/verify/batch', { body: { attempts } }))
    for (const token of tokens) {
      answers.push(await api.call('POST', '/oauth2/introspect', formOf(token)))
      answers.push(await forwardAuth(api, token))
    }
    answers.push(await api.call('POST', '/v1/verify', { body: { token: 'x', client_ip: 'home' } }))
    answers.push(await api.call('POST', '/v1/verify', { body: { tokens: 'x' } }))
    answers.push(await api.call('POST', '/v1/verify?token=x', { body: { token: 'x' } }))
    answers.push(await api.call('POST', '/oauth2/introspect/x', formOf('x')))
    return answers
  }
  const expected = await ask(started.as(verifier))
  t.same((await ask(edge.as(verifier))).map(comparable), expected.map(comparable), 'asked')
  const { cacheHits } = edge.verdicts.counters
  t.same((await ask(edge.as(verifier))).map(comparable), expected.map(comparable), 'from memory')
  t.ok(edge.verdicts.counters.cacheHits > cacheHits + attempts.length)
})

t.test('an edge judges its own callers as the service does', async (t) => {
  const edge = await startEdgeMode(t, site, { settings })
  const tenant = await newKey(root, account)
  const viewer = await newKey(root, site.platform, { role: 'viewer' })
  const list = await newAllowList(root, site.platform, ['192.0.2.0/24'])
  const elsewhere = await site.newVerifier({ allow_list_ids: [list] })
  const body = { token: 'x' }
  for (const token of [undefined, 'x', tenant.token, viewer.token, elsewhere.token]) {
    const calls: readonly [string, CallOptions][] = [
      ['/v1/verify', { body }],
      ['/v1/verify/batch', { body: { attempts: [body] } }],
      ['/oauth2/introspect', formOf('x')],
      ['/v1/forward-auth', {}],
    ]
    for (const [path, options] of calls) {
      const expected = await started.as(token).call('POST', path, options)
      t.ok(expected.status === 401 || expected.status === 403, path)
      const answer = await edge.as(token).call('POST', path, options)
      t.same(comparable(answer), comparable(expected), path)
    }
  }
  const near = { body, remoteAddress: '192.0.2.1' }
  t.equal((await edge.as(elsewhere.token).call('POST', '/v1/verify', near)).status, 200)
})

t.test('introspection at an edge does not name the user for whom a key was issued', async (t) => {
  const edge = await startEdgeMode(t, site, { settings })
  const { body: me } = await root.get('/v1/me')
  const role = await newRole(root, site.platform, 'backend', me.permissions)
  const backend = started.as((await newKey(root, site.platform, { role })).token)
  const { body } = await backend.call('POST', keys, {
    headers: { 'x-acting-user': 'u1', 'x-acting-user-name': 'Ada' },
    body: { name: 'for a user', role: 'viewer', expires_at: null },
  })
  const ask = async (api: Api) =>
    (await api.call('POST', '/oauth2/introspect', formOf(body.token))).body
  const { username, ...others } = await ask(started.as(verifier))
  t.equal(username, 'Ada')
  for (const how of ['asked', 'from memory']) t.same(await ask(edge.as(verifier)), others, how)
})

t.test('once a receipt is complete, an edge denies the key, also as a caller', async (t) => {
  const edge = await startEdgeMode(t, site, { settings })
  const key = await newKey(root, account)
  const caller = await site.newVerifier()
  const api = edge.as(caller.token)
  t.match(await api.verify(key.token), { valid: true })
  const { body } = await root.post(`${keys}/${key.id}/revoke`)
  t.equal(body.receipt.state, 'complete')
  t.match(await api.verify(key.token), { valid: false, reason: 'revoked' })
  const revoked = await root.post(`/v1/accounts/${site.platform}/api-keys/${caller.id}/revoke`)
  t.equal(revoked.body.receipt.state, 'complete')
  isProblem(t, await api.post('/v1/verify', { token: key.token }), 401, 'unauthenticated')
})

t.test('what only the service has is 501, with where to go', async (t) => {
  const edge = await startEdgeMode(t, site, { settings: { DOCS: 'off' } })
  const { call } = edge.as(verifier)
  const paths = ['/', '/v1/accounts', '/v1/me', '/v1/edge', '/console', '/docs', '/openapi.json']
  for (const path of paths) {
    const answer = await call('GET', path)
    isProblem(t, answer, 501, 'not_implemented')
    t.match(answer.body.detail, site.address)
  }
  const written = await call('POST', keys, { body: { name: 'x' } })
  isProblem(t, written, 501, 'not_implemented')
  const aeon = await call('GET', '/api/public/v1/accounts')
  t.equal(aeon.status, 501)
  t.match(aeon.body, { error: { status: 501, detail: site.address } })
  isProblem(t, await call('GET', '/nowhere'), 404, 'not_found')
  const wrong = await call('GET', '/v1/verify')
  isProblem(t, wrong, 405, 'method_not_allowed')
  t.equal(wrong.headers.allow, 'POST')
})

t.test('health and metrics say what an edge rests on', async (t) => {
  const edge = await startEdgeMode(t, site)
  const api = edge.as(verifier)
  const { token } = await newKey(root, account)
  await api.verify(token)
  await api.verify(token)
  const { status, body } = await edge.as(undefined).get('/readyz')
  t.equal(status, 200)
  t.match(body, { status: 'ok', attached: true })
  t.ok(body.lease_remaining_ms > 0 && body.lease_remaining_ms <= 3_000)
  t.ok(body.last_contact_ms >= 0)
  t.equal((await edge.as(undefined).get('/livez')).status, 200)
  await until(() => edge.verdicts.leaseRemainingMs > 0)
  const { text } = await edge.as(undefined).get('/metrics')
  const metric = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  t.equal(metric('aeon_keys_edge_attached'), 1)
  t.equal(metric('aeon_keys_edge_attachments_total'), 1)
  t.equal(metric('aeon_keys_edge_unanswered_total'), 0)
  t.equal(metric('aeon_keys_edge_questions'), 0)
  t.equal(metric('aeon_keys_cache_entries'), 2, 'the key, and its caller')
  t.equal(metric('aeon_keys_cache_misses_total'), 2)
  t.equal(metric('aeon_keys_cache_hits_total'), 2)
  t.equal(metric('aeon_keys_verdicts_total{outcome="valid"}'.replaceAll(/[{}"]/g, '.')), 4)
  t.ok(metric('aeon_keys_lease_remaining_seconds') > 0)
  t.ok(metric('aeon_keys_edge_last_contact_seconds') >= 0)
})

t.test('a process that the mode of a Unix socket admits may ask without a key', async (t) => {
  const socket = { EDGE_SOCKET: '/run/keys.sock', EDGE_SOCKET_CALLERS: 'any' }
  const edge = await startEdgeMode(t, site, { settings: socket })
  const { token } = await newKey(root, account)
  const api = edge.as(undefined)
  t.match(await api.verify(token), { valid: true })
  t.match((await api.call('POST', '/oauth2/introspect', formOf(token))).body, { active: true })
  t.equal((await forwardAuth(api, token)).status, 200)
  t.equal((await forwardAuth(api, 'x')).status, 401)
})

t.test('hostile callers get from an edge what they get from the service', async (t) => {
  // On a busy machine time alone would pay for the calls: here none passes.
  const after = (_delayMs: number, send: () => void) => void setImmediate(send)
  const pacing = new Pacing({ now: () => 1_000, after })
  const edge = await startEdgeMode(t, site, { pacing })
  const body = { token: 'x'.repeat(1024 * 1024) }
  isProblem(t, await edge.as(verifier).post('/v1/verify', body), 413, 'body_too_large')
  const raw = { type: 'application/json', text: '{"token":"x","token":"y"}' }
  const twice = await edge.as(verifier).call('POST', '/v1/verify', { raw })
  isProblem(t, twice, 400, 'invalid_request')
  const many = (remoteAddress: string, path: string) =>
    Promise.all(
      Array.from({ length: 100 }, () =>
        edge.as('x').call('POST', path, { body: { token: 'x' }, remoteAddress }),
      ),
    )
  for (const { status } of await many('192.0.2.1', '/v1/verify')) t.equal(status, 401)
  const { delayed } = pacing
  t.ok(delayed > 0, 'forged callers are paced')
  for (const { status } of await many('192.0.2.2', '/v1/me')) t.equal(status, 501)
  t.ok(pacing.delayed > delayed, 'who asks for what is elsewhere is, too')
})

t.test('an edge that stops hands over its counts, and delays no receipt', async (t) => {
  const edge = await startEdgeMode(t, site)
  const { id, token } = await newKey(root, account)
  for (let use = 0; use < 7; use += 1) await edge.as(verifier).verify(token)
  await edge.verdicts.close()
  const { body } = await root.post(`${keys}/${id}/revoke`, { wait_ms: 100 })
  t.match(body.receipt, { state: 'complete' })
  await until(async () => (await root.get(`${keys}/${id}`)).body.api_key.use_count === 7)
})

function formOf(token: string): CallOptions {
  const text = new URLSearchParams({ token, client_ip: '192.0.2.7' }).toString()
  return { raw: { type: 'application/x-www-form-urlencoded', text } }
}

/** As a proxy of FORWARD_AUTH_NETWORKS: the token is that of its client. */
function forwardAuth(api: Api, token: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': '192.0.2.7' }
  const path = '/v1/forward-auth?permission=cluster:read'
  return api.call('GET', path, { headers, remoteAddress: '127.0.0.2' })
}

/** Without what differs between two requests. */
function comparable({ status, headers, body, text }: Answer) {
  const { date: _date, 'x-request-id': _id, 'content-length': _length, ...others } = headers
  if (body?.request_id === undefined) return { status, headers: others, body: body ?? text }
  return { status, headers: others, body: { ...body, request_id: '' } }
}

function isProblem(t: Test, answer: Answer, status: number, code: string): void {
  t.match(answer, { status, body: { status, code } }, answer.text)
}
