/** An edge without its service, or with a revoked key: an outage, and no denial. */
import t from 'tap'
import type { CallOptions } from '../helpers/api.ts'
import { startEdgeMode } from '../helpers/edge-mode.ts'
import { startEdgeSite } from '../helpers/edge-sites.ts'
import { fakeToken, startFakeInstance } from '../helpers/fake-instance.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { freePort } from '../helpers/free-port.ts'
import { assertProblem } from '../helpers/problems.ts'
import { until } from '../helpers/until.ts'

const site = await startEdgeSite(t, { EDGES_MAX: '4', EDGE_LEASE_MS: '300' })
const { root, verifier } = site
const account = await newAccount(root)
const unavailable = { status: 503, code: 'unavailable' }

t.test('callers of an edge whose own key is revoked learn that it is not theirs', async (t) => {
  const own = await site.newVerifier()
  const edge = await startEdgeMode(t, { ...site, verifier: own })
  const { token } = await newKey(root, account)
  await root.post(`/v1/accounts/${site.platform}/api-keys/${own.id}/revoke`)
  await until(() => edge.verdicts.attachment.hasFailed)
  await until(() => edge.verdicts.leaseRemainingMs === 0)
  const answer = await edge.as(verifier.token).post('/v1/verify', { token })
  assertProblem(t, answer, unavailable, 'no verdict')
  t.match(answer.body.detail, /key of this edge/)
  t.notMatch(answer.body.detail, /this caller/)
})

t.test('an edge waits for its service, and outlives it by its lease', async (t) => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const settings = { EDGE_SOCKET: '/run/keys.sock', EDGE_SOCKET_CALLERS: 'any' }
  const edge = await startEdgeMode(t, site, { url, settings, isAwaited: false })
  const { verdicts } = edge
  const api = edge.as(undefined)
  const readiness = () => api.get('/readyz')
  await until(() => verdicts.detachedBy !== undefined)
  const never = await readiness()
  assertProblem(t, never, unavailable, 'never attached')
  t.match(never.body.detail, /^This edge has no lease, and has never been attached\. The service /)

  const instance = await startFakeInstance(t, { port })
  await until(() => verdicts.leaseRemainingMs > 0)
  t.match(await readiness(), { status: 200, body: { attached: true } })
  t.match(await api.verify(fakeToken(1)), { valid: true })

  instance.stop()
  await until(() => !verdicts.isAttached)
  const unknown = await api.post('/v1/verify', { token: fakeToken(2) })
  assertProblem(t, unknown, unavailable, 'a token that it does not know')
  t.equal(unknown.headers['retry-after'], '1')
  t.match(await api.verify(fakeToken(1)), { valid: true }, 'a token that it knows')
  const leased = await readiness()
  t.match(leased, { status: 200, body: { status: 'ok', attached: false } })
  t.ok(leased.body.lease_remaining_ms > 0)
})

t.test('without its service an edge answers 503, and no denial', async (t) => {
  const networks = { FORWARD_AUTH_NETWORKS: '127.0.0.2', TRUSTED_PROXIES: '127.0.0.2' }
  const edge = await startEdgeMode(t, site, { settings: networks })
  const { token } = await newKey(root, account)
  const headers = { authorization: `Bearer ${verifier.token}` }
  t.match(await edge.as(verifier.token).verify(token), { valid: true })
  await site.started.stop()
  const readiness = () => edge.as(undefined).get('/readyz')
  await until(async () => (await readiness()).status === 503)
  const form = { type: 'application/x-www-form-urlencoded', text: `token=${token}` }
  const calls: readonly [string, CallOptions][] = [
    ['/v1/verify', { body: { token } }],
    ['/v1/verify/batch', { body: { attempts: [{ token }, { token: 'x' }] } }],
    ['/oauth2/introspect', { raw: form }],
    ['/v1/forward-auth', { remoteAddress: '127.0.0.2' }],
  ]
  for (const [path, options] of calls) {
    const answer = await edge.as(undefined).call('POST', path, { headers, ...options })
    t.equal(answer.status, 503, path)
    t.equal(answer.headers['retry-after'], '1', path)
  }
  const answer = await readiness()
  assertProblem(t, answer, unavailable, 'no lease')
  const why = /^This edge has no lease, and last heard of the service \d+ s ago\. The \S.+\.$/
  t.match(answer.body.detail, why)
  t.match((await edge.as(undefined).get('/metrics')).text, /^aeon_keys_edge_attached 0$/m)
})
