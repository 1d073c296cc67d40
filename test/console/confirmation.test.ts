/** Sensitive acts of a session ask for its key again. */
import t from 'tap'
import { signIn } from '../helpers/browser.ts'
import { newAccount, newKey, newRole } from '../helpers/fixtures.ts'
import { assertProblem } from '../helpers/problems.ts'
import { startTestService } from '../helpers/service.ts'

const confirmationRequired = { status: 403, code: 'confirmation_required' }
const unauthenticated = { status: 401, code: 'unauthenticated' }

t.test('a session performs sensitive acts only soon after its key was given', async (t) => {
  const service = await startTestService(t, { settings: { SESSION_CONFIRMATION_SECONDS: '600' } })
  const { root, clock, rootToken } = service
  const account = await newAccount(root)
  const base = `/v1/accounts/${account}`
  const target = await newKey(root, account, { role: 'viewer' })
  const role = await newRole(root, account, 'reads', ['cluster:read'])
  await newKey(root, account, { role })
  const browser = await signIn(service, { key: rootToken })

  const sensitive = {
    'an admin key': () =>
      browser.call('POST', `${base}/api-keys`, {
        body: { name: 'admin', role: 'admin', expires_at: null },
      }),
    'a key made an admin': () =>
      browser.call('PATCH', `${base}/api-keys/${target.id}`, {
        headers: { 'if-match': '*' },
        body: { role: 'admin' },
      }),
    'a role that grants': () =>
      browser.call('POST', `${base}/roles`, {
        body: { name: 'grants', permissions: ['api_key:create'] },
      }),
    'a role in use made wider': () =>
      browser.call('PUT', `${base}/roles/${role}`, {
        body: { name: 'reads', permissions: ['api_key:create'] },
      }),
    'bulk revocation': () =>
      browser.call('POST', `${base}/api-keys/revoke`, {
        body: { filter: { name_prefix: 'nobody has it' } },
      }),
    'a new account': () => browser.call('POST', '/v1/accounts', { body: { name: 'Globex' } }),
    'an account renamed': () => browser.call('PATCH', base, { body: { name: 'Acme Inc' } }),
    'its own rotation': () =>
      browser.call('POST', '/v1/me/rotate', { body: { overlap_seconds: 0 } }),
  }
  clock.offsetMs = 601_000
  for (const [label, perform] of Object.entries(sensitive)) {
    assertProblem(t, await perform(), confirmationRequired, label)
  }
  t.equal((await browser.call('GET', '/v1/session')).body.session.confirmed_until, null)
  t.equal(
    (await browser.call('POST', `${base}/api-keys/${target.id}/disable`, { body: {} })).status,
    200,
    'what grants nothing needs no key',
  )
  const harmless = await browser.call('POST', `${base}/roles`, {
    body: { name: 'harmless', permissions: ['cluster:read'] },
  })
  t.equal(harmless.status, 201, 'nor does a grant that is not sensitive')

  const path = '/v1/session/confirmation'
  const wrong = await browser.call('POST', path, { body: { key: 'nonsense' } })
  assertProblem(t, wrong, unauthenticated, 'no key')
  const other = await browser.call('POST', path, { body: { key: target.token } })
  assertProblem(t, other, unauthenticated, 'another key')
  assertProblem(t, await sensitive['an admin key'](), confirmationRequired, 'still')
  const confirmed = await browser.call('POST', path, { body: { key: rootToken } })
  t.equal(confirmed.status, 200)
  t.ok(Date.parse(confirmed.body.session.confirmed_until) > Date.now() + 601_000)
  for (const [label, perform] of Object.entries(sensitive)) {
    const answer = await perform()
    t.ok(answer.status < 300, `${label}: ${answer.text}`)
  }
})

t.test('a token is asked for no confirmation', async (t) => {
  const service = await startTestService(t, { settings: { SESSION_CONFIRMATION_SECONDS: '0' } })
  const account = await newAccount(service.root)
  t.ok((await newKey(service.root, account, { role: 'admin' })).id)
  const answer = await service.root.post('/v1/session/confirmation', { key: service.rootToken })
  assertProblem(t, answer, { status: 404, code: 'not_found' }, 'it has no session')
})
