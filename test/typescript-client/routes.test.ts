import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import t, { type Test } from 'tap'
import { VerifierError } from '../../clients/typescript/src/client.ts'
import { requireApiKey } from '../../clients/typescript/src/express.ts'
import { apiKeys } from '../../clients/typescript/src/fastify.ts'
import { createTestVerifier } from '../../clients/typescript/src/testing.ts'
import { sendRaw } from '../helpers/raw-request.ts'

const requirement = { permissions: ['cluster:read'], realm: 'clusters' }
const verifier = createTestVerifier({
  good: ['cluster:read', 'cluster:update'],
  weak: ['cluster:update'],
  elsewhere: { valid: false, reason: 'address_not_allowed' },
  later: { valid: false, reason: 'a_reason_to_come' },
  outage: new VerifierError('unavailable', 'The service could not be reached.'),
  invalid: new VerifierError('invalid_attempt', 'accountId is no UUID.'),
})

for (const [framework, serve] of [
  ['Fastify', serveByFastify],
  ['Express or Connect', serveByConnect],
] as const) {
  t.test(`${framework} answers a request by the verdict on its key`, async (t) => {
    const url = await serve(t)
    const ask = (headers: Record<string, string> = {}) => fetch(url, { headers })
    const good = await ask({ authorization: 'Bearer good' })
    t.equal(good.status, 200)
    t.equal(await good.text(), 'a key of a test')

    const challengeOf = async (headers: Record<string, string>) => {
      const response = await ask(headers)
      t.match(await response.json(), { status: response.status, type: 'about:blank' })
      t.match(response.headers.get('content-type'), 'application/problem+json')
      t.equal(response.headers.get('cache-control'), 'no-store')
      return [response.status, response.headers.get('www-authenticate')]
    }
    const invalid = [401, 'Bearer realm="clusters", error="invalid_token"']
    t.same(await challengeOf({}), [401, 'Bearer realm="clusters"'])
    t.same(await challengeOf({ authorization: 'Basic good' }), [401, 'Bearer realm="clusters"'])
    t.same(await challengeOf({ authorization: 'Bearer unknown' }), invalid)
    t.same(await challengeOf({ authorization: 'Bearer elsewhere' }), invalid, 'no reason is told')
    t.same(await challengeOf({ authorization: 'Bearer later' }), invalid)
    t.same(await challengeOf({ authorization: 'Bearer weak' }), [
      403,
      'Bearer realm="clusters", error="insufficient_scope", scope="cluster:read"',
    ])
    const outage = await ask({ authorization: 'Bearer outage' })
    t.equal(outage.status, 503, 'an outage is no denial')
    t.equal(outage.headers.get('retry-after'), '1')
    t.equal(outage.headers.get('www-authenticate'), null)
    const invalid400 = await ask({ authorization: 'Bearer invalid' })
    t.equal(invalid400.status, 400, 'the request names what the service does not understand')
    t.match(await invalid400.json(), { status: 400, detail: 'accountId is no UUID.' })
    t.equal(invalid400.headers.get('retry-after'), null, 'trying again does not help')
    t.equal(invalid400.headers.get('www-authenticate'), null, 'it is no denial')
  })

  t.test(`${framework} refuses a request with two Authorization headers`, async (t) => {
    const headers = ['Authorization', 'Bearer good', 'Authorization', 'Bearer good']
    t.equal((await sendRaw(await serve(t), { headers })).status, 401)
  })
}

t.test('a requirement passes the address and the account of the request on', async (t) => {
  const asked: unknown[] = []
  const spy = {
    verify: async (token: string, options: object) => {
      asked.push([token, options])
      return verifier.verify(token)
    },
  }
  const app = fastify()
  await app.register(apiKeys, { verifier: spy })
  const hook = app.requireApiKey({
    accountId: ({ params }) => (params as { account: string }).account,
  })
  app.get('/of/:account', { onRequest: hook }, ({ apiKey }) => apiKey?.generation)
  const headers = { authorization: 'Bearer good' }
  const inject = { url: '/of/abc', headers, remoteAddress: 'fe80::1%eth0' }
  t.equal((await app.inject(inject)).body, '1')
  t.same(asked, [['good', { clientIp: 'fe80::1', permissions: [], accountId: 'abc' }]])
})

t.test('an error that is not of the verifier goes to the error handler', async (t) => {
  const broken = { verify: () => Promise.reject(new TypeError('a fault of a program')) }
  const app = fastify()
  await app.register(apiKeys, { verifier: broken })
  app.get('/', { onRequest: app.requireApiKey() }, () => 'never')
  const headers = { authorization: 'Bearer good' }
  t.equal((await app.inject({ url: '/', headers })).statusCode, 500)
  t.equal((await app.inject({ url: '/' })).statusCode, 401)
})

t.test('a verifier for tests judges permissions and the account', async (t) => {
  const good = await verifier.verify('good')
  const accountId = good.valid ? good.api_key.account_id : ''
  t.equal((await verifier.verify('good', { accountId })).valid, true)
  t.match(await verifier.verify('good', { accountId: randomUUID() }), { reason: 'wrong_account' })
  t.match(await verifier.verify('good', { accountId: accountId.toUpperCase() }), { valid: true })
  await t.rejects(verifier.verify('good', { accountId: 'x' }), { code: 'invalid_attempt' })
  t.match(await verifier.verify('unknown'), { valid: false, reason: 'not_found' })
  await t.rejects(verifier.verify('outage'), { code: 'unavailable' })
})

t.test('a route that requires what is no permission fails when it is made', async (t) => {
  const app = fastify()
  await app.register(apiKeys, { verifier })
  const wrong = { permissions: ['cluster read'] }
  t.throws(() => app.requireApiKey(wrong), { code: 'invalid_attempt' })
  t.throws(() => requireApiKey(verifier, wrong), { code: 'invalid_attempt' })
})

async function serveByFastify(t: Test): Promise<string> {
  const app = fastify()
  await app.register(apiKeys, { verifier })
  app.get('/', { onRequest: app.requireApiKey(requirement) }, ({ apiKey }) => apiKey?.api_key.name)
  t.teardown(() => app.close())
  return app.listen({ host: '127.0.0.1', port: 0 })
}

async function serveByConnect(t: Test): Promise<string> {
  const middleware = requireApiKey(verifier, requirement)
  const server = createServer((request, response) => {
    middleware(request, response, (error) => {
      const { apiKey } = request as { apiKey?: { api_key: { name: string } } }
      response.end(error === undefined ? apiKey?.api_key.name : 'an error')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}
