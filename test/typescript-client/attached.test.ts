/** The client that is attached to the real service, by its stream and by HTTP. */
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { createVerifier, type Verifier } from '../../clients/typescript/src/client.ts'
import type { VerifierOptions } from '../../clients/typescript/src/verifier-types.ts'
import { attachVerifier } from '../helpers/attached-verifier.ts'
import { type EdgeSite, startEdgeSite } from '../helpers/edge-sites.ts'
import { newAccount, newAllowList, newKey } from '../helpers/fixtures.ts'
import { until } from '../helpers/until.ts'

let site: EdgeSite
let account: string

t.before(async () => {
  site = await startEdgeSite(t, { EDGES_MAX: '20', USE_FLUSH_MS: '100' })
  account = await newAccount(site.root)
})

t.test('a verifier answers a known token from memory as the service does', async (t) => {
  const verifier = await attach(t)
  const { root } = site
  const good = await newKey(root, account, { role: 'viewer' })
  t.equal(verifier.verifySync(good.token), undefined, 'it has to ask first')
  const asked = await verifier.verify(good.token)
  t.same(asked, await root.verify(good.token))
  t.same(verifier.verifySync(good.token), asked)
  t.same(await verifier.verify(good.token), asked)
  t.match(verifier.counters, { valid: 3, fromMemory: 2, requests: 0 })

  const list = await newAllowList(root, account, ['192.0.2.0/24', '2001:db8::/32'])
  const restricted = await newKey(root, account, { allow_list_ids: [list] })
  t.match(await verifier.verify(restricted.token, { clientIp: '192.0.2.7' }), { valid: true })
  const attempts = [
    {},
    { clientIp: '192.0.2.8' },
    { clientIp: '2001:db8::1' },
    { clientIp: '198.51.100.1' },
    { permissions: ['role:create'] },
    { clientIp: '192.0.2.8', accountId: account.toUpperCase() },
    { clientIp: '192.0.2.8', accountId: good.id },
  ]
  for (const attempt of attempts) {
    const { clientIp: client_ip, permissions, accountId: account_id } = attempt
    const body = { token: restricted.token, client_ip, permissions, account_id }
    const { body: expected } = await root.post('/v1/verify', body)
    t.same(verifier.verifySync(restricted.token, attempt), expected, JSON.stringify(attempt))
  }
})

t.test('once a receipt is complete, a verifier denies the key', async (t) => {
  const verifier = await attach(t)
  const { id, token } = await newKey(site.root, account)
  await verifier.verify(token)
  t.match(verifier.verifySync(token), { valid: true })
  const { body } = await site.root.post(`/v1/accounts/${account}/api-keys/${id}/revoke`)
  t.equal(body.receipt.state, 'complete')
  t.equal(verifier.verifySync(token), undefined)
  t.match(await verifier.verify(token), { valid: false, reason: 'revoked' })
})

t.test('what is no token, an unknown token and an invalid attempt are told apart', async (t) => {
  const verifier = await attach(t)
  const { token } = await newKey(site.root, account)
  t.match(await verifier.verify('x'), { reason: 'malformed' })
  t.match(await verifier.verify('x'.repeat(2_000)), { reason: 'malformed' })
  const forged = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`
  t.match(await verifier.verify(forged), { reason: 'not_found' })
})

t.test(
  'an invalid attempt is one cold, from memory and over HTTP, whatever the token',
  async (t) => {
    const verifier = await attach(t)
    const remote = createVerifier({
      url: site.address,
      token: site.verifier.token,
      mode: 'remote',
    })
    t.teardown(() => remote.close())
    const hot = (await newKey(site.root, account)).token
    await verifier.verify(hot)
    const sparse: string[] = ['a:read']
    sparse.length = 2
    const attempts: object[] = [
      { clientIp: 'nowhere' },
      { clientIp: '' },
      { clientIp: null },
      { accountId: 'x' },
      { accountId: '' },
      { accountId: null },
      { permissions: Array(51).fill('a:read') },
      { permissions: [''] },
      { permissions: ['a b'] },
      { permissions: ['A:read'] },
      { permissions: [`a:${'b'.repeat(5_000)}`] },
      { permissions: 'cluster:read' },
      { permissions: [1] },
      { permissions: sparse },
      { permissions: null },
    ]
    for (const attempt of attempts) {
      const [about, invalid] = [JSON.stringify(attempt).slice(0, 50), { code: 'invalid_attempt' }]
      const cold = (await newKey(site.root, account)).token
      for (const token of [cold, hot, 'x']) {
        await t.rejects(verifier.verify(token, attempt), invalid, about)
        t.throws(() => verifier.verifySync(token, attempt), invalid, about)
      }
      await t.rejects(remote.verify(hot, attempt), invalid, about)
    }
    t.match(verifier.verifySync(hot), { valid: true }, 'and it is attached still')
  },
)

t.test('a loop that awaits one verdict after another stays attached', async (t) => {
  const verifier = await attach(t)
  const { token } = await newKey(site.root, account)
  await verifier.verify(token)
  let beats = 0
  const timer = setInterval(() => {
    beats += 1
  }, 20)
  t.teardown(() => clearInterval(timer))
  const end = performance.now() + 1_000
  while (performance.now() < end) await verifier.verify(token)
  t.ok(beats > 5, `${beats} timers ran`)
})

t.test('uses at edges are counted by the service', async (t) => {
  const verifier = await attach(t)
  const { id, token } = await newKey(site.root, account)
  for (let use = 0; use < 5; use += 1) await verifier.verify(token)
  await until(async () => {
    const { body } = await site.root.get(`/v1/accounts/${account}/api-keys/${id}`)
    return body.api_key.use_count === 5
  })
})

t.test('a verifier that is aborted or closed rejects its calls', async (t) => {
  const verifier = await attach(t)
  const { token } = await newKey(site.root, account)
  const aborting = new AbortController()
  const call = verifier.verify(token, { signal: aborting.signal })
  aborting.abort(new Error('the client has gone'))
  await t.rejects(call, { message: 'the client has gone' })
  const asked = t.rejects(verifier.verify(token), { code: 'closed' })
  await verifier.close()
  await asked
  t.equal(verifier.verifySync(token), undefined)
})

t.test('a verifier whose own key is revoked says why, and answers nobody', async (t) => {
  const own = await site.newVerifier()
  const verifier = await attach(t, { token: own.token })
  const { token } = await newKey(site.root, account)
  await verifier.verify(token)
  const detached = once(verifier, 'detached')
  await site.root.post(`/v1/accounts/${site.platform}/api-keys/${own.id}/revoke`)
  t.equal(verifier.verifySync(token), undefined)
  t.match(await detached, [{ code: 'caller_refused' }])
  await t.rejects(verifier.verify(token), { code: 'caller_refused' })
  t.match(await verifier.ready(), { isReady: false, error: { code: 'caller_refused' } })
})

t.test('a token that no header can hold is an error of ready(), not of the process', async (t) => {
  const verifier = createVerifier({ url: site.address, token: 'two\nlines' })
  t.teardown(() => verifier.close())
  t.match(await verifier.ready(), { isReady: false, error: { name: 'VerifierError' } })
})

t.test('a service that offers no streams is asked over HTTP, and ready() says so', async (t) => {
  const without = await startEdgeSite(t, { EDGES_MAX: '0' })
  const verifier = createVerifier({ url: without.address, token: without.verifier.token })
  t.teardown(() => verifier.close())
  t.match(await verifier.ready(), {
    isReady: true,
    isAttached: false,
    detachedBy: { message: /offers no streams/ },
  })
  const key = await newKey(without.root, await newAccount(without.root))
  t.match(await verifier.verify(key.token), { valid: true })
  t.match(verifier.counters, { fromMemory: 0, requests: 1 })
})

t.test('a verifier whose instance stops says so', async (t) => {
  const own = await startEdgeSite(t, { EDGES_MAX: '2' })
  const verifier = createVerifier({ url: own.address, token: own.verifier.token })
  t.teardown(() => verifier.close())
  await once(verifier, 'attached')
  const detached = once(verifier, 'detached')
  await own.started.stop()
  t.match(await detached, [{ code: 'unavailable', message: /4001/ }])
})

function attach(t: Test, options: Partial<VerifierOptions> = {}): Promise<Verifier> {
  return attachVerifier(t, { url: site.address, token: site.verifier.token, ...options })
}
