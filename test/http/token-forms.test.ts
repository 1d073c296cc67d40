/** The forms of a new token, and the address from which the service sees its caller. */
import { test } from 'tap'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'

test('a new token comes in the JWT form as well if the request asks, once', async (t) => {
  const { root, canaries } = await startCheckedService(t)
  const account = await newAccount(root)
  const keys = `/v1/accounts/${account}/api-keys`
  const key = { name: 'terraform', role: 'viewer', expires_at: null }
  const again = { 'idempotency-key': 'once' }
  const issue = (body: object) => root.call('POST', keys, { body, headers: again })

  const issued = (await issue({ ...key, with_jwt_form: true })).body
  canaries.addToken(issued.jwt_form)
  t.match(issued.token, /^aeon_/)
  for (const token of [issued.token, issued.jwt_form]) {
    const verdict = await root.verify(token)
    t.same([verdict.valid, verdict.api_key.id], [true, issued.api_key.id])
  }
  for (const body of [{ ...key, with_jwt_form: true }, key]) {
    const repeated = (await issue(body)).body
    t.same([repeated.token, 'jwt_form' in repeated], [null, false], 'a repeat shows no form')
  }

  const rotation = { overlap_seconds: 0, with_jwt_form: true }
  const rotated = (await root.post(`${keys}/${issued.api_key.id}/rotate`, rotation)).body
  canaries.addToken(rotated.jwt_form)
  const verdict = await root.verify(rotated.jwt_form)
  t.same([verdict.valid, verdict.generation], [true, 2])

  const plain = await root.post(keys, { ...key, name: 'curl' })
  t.notOk('jwt_form' in plain.body, 'nobody gets the form who does not ask')
})

test('a caller learns the address by which allow lists judge it', async (t) => {
  const { root, as } = await startCheckedService(t, { settings: { TRUSTED_PROXIES: '10.0.0.1' } })
  const { token } = await newKey(root, await newAccount(root))
  const me = async (remoteAddress: string, headers = {}) =>
    (await as(token).call('GET', '/v1/me', { remoteAddress, headers })).body.client_ip
  t.equal(await me('203.0.113.9'), '203.0.113.9')
  t.equal(await me('::ffff:203.0.113.9'), '203.0.113.9', 'as it is compared with entries')
  t.equal(await me('10.0.0.1', { 'x-forwarded-for': '2001:db8::1' }), '2001:db8::1')
})
