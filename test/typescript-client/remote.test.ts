import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import {
  createVerifier,
  type Verifier,
  VerifierError,
} from '../../clients/typescript/src/client.ts'
import type { VerifierOptions } from '../../clients/typescript/src/verifier-types.ts'
import { newAccount, newAllowList, newKey } from '../helpers/fixtures.ts'
import { startTestService, type TestService } from '../helpers/service.ts'

let site: TestService
let url: string
let account: string
let caller: string

t.before(async () => {
  site = await startTestService(t)
  url = await site.service.app.listen({ host: '127.0.0.1', port: 0 })
  account = await newAccount(site.root)
  caller = site.rootToken
})

t.test('a verifier gives the verdicts of the service', async (t) => {
  const verifier = open(t)
  const { root } = site
  const good = await newKey(root, account, { role: 'viewer' })
  const list = await newAllowList(root, account, ['192.0.2.0/24'])
  const restricted = await newKey(root, account, { allow_list_ids: [list] })
  const revoked = await newKey(root, account)
  await root.post(`/v1/accounts/${account}/api-keys/${revoked.id}/revoke`)

  t.same(await verifier.verify(good.token), await root.verify(good.token))
  const reasonOf = async (token: string, options = {}) => {
    const verdict = await verifier.verify(token, options)
    return verdict.valid ? undefined : verdict.reason
  }
  t.equal(await reasonOf(restricted.token), 'address_not_allowed')
  t.equal(await reasonOf(restricted.token, { clientIp: '192.0.2.7' }), undefined)
  t.equal(await reasonOf(revoked.token), 'revoked')
  t.equal(await reasonOf(good.token, { permissions: ['role:create'] }), 'insufficient_permissions')
  t.equal(await reasonOf(good.token, { accountId: good.id }), 'wrong_account')
  t.equal(await reasonOf('x'.repeat(2_000)), 'malformed')
  t.match(verifier.counters, { valid: 2, denied: 5, failed: 0, requests: 6 })
})

t.test('the calls of one turn of the event loop become batches of at most 100', async (t) => {
  const verifier = open(t)
  const keys = await Promise.all([1, 2, 3].map(() => newKey(site.root, account)))
  const asked = Array.from({ length: 150 }, (_, index) => keys[index % 4]?.token ?? 'unknown')
  const verdicts = await Promise.all(asked.map((token) => verifier.verify(token)))
  for (const [index, verdict] of verdicts.entries()) {
    const expected = keys[index % 4]?.id
    t.equal(verdict.valid ? verdict.api_key.id : undefined, expected)
  }
  t.equal(verifier.counters.requests, 2)
})

t.test('an invalid attempt fails alone, and the others of its batch are judged', async (t) => {
  const verifier = open(t)
  const { token } = await newKey(site.root, account)
  const calls = Array.from({ length: 20 }, (_, index) =>
    verifier.verify(token, { clientIp: index === 13 ? 'nowhere' : '192.0.2.1' }),
  )
  const settled = await Promise.allSettled(calls)
  for (const [index, one] of settled.entries()) {
    t.equal(one.status, index === 13 ? 'rejected' : 'fulfilled', `call ${index}`)
  }
  t.match(settled[13], { reason: { code: 'invalid_attempt' } })
})

t.test('a call that is aborted rejects alone', async (t) => {
  const verifier = open(t)
  const { token } = await newKey(site.root, account)
  const aborting = new AbortController()
  const [given, kept] = [
    verifier.verify(token, { signal: aborting.signal }),
    verifier.verify(token),
  ]
  aborting.abort(new Error('the client has gone'))
  await t.rejects(given, { message: 'the client has gone' })
  t.equal((await kept).valid, true)
  await t.rejects(verifier.verify(token, { signal: aborting.signal }), {
    message: 'the client has gone',
  })
})

t.test('ready() says why a verifier is not ready', async (t) => {
  t.same(await open(t).ready(), { isReady: true, isAttached: false })
  const viewer = await newKey(site.root, account, { role: 'viewer' })
  const causes: [Partial<VerifierOptions>, object][] = [
    [{ token: 'no token' }, { code: 'caller_refused', message: /refuses the token/ }],
    [{ token: viewer.token }, { code: 'caller_refused', message: /may not verify/ }],
    [{ url: 'http://127.0.0.1:1' }, { code: 'unavailable', message: /could not be reached/ }],
    [
      { token: () => Promise.reject(new Error('the file is gone')) },
      { code: 'unavailable', message: /token of this caller could not be read/ },
    ],
  ]
  for (const [options, error] of causes) {
    t.match(await open(t, options).ready(), { isReady: false, error })
  }
  const refused = await open(t, { token: viewer.token }).ready()
  const requestId = refused.isReady ? '' : (refused.error.requestId ?? '')
  t.ok(requestId !== '' && site.logLines.some((line) => line.includes(requestId)))
  const verifier = open(t)
  await verifier.close()
  t.match(await verifier.ready(), { isReady: false, error: { code: 'closed' } })
})

t.test('an answer that is no verdict is an outage, never a verdict', async (t) => {
  const answers = [
    '{}',
    'true',
    'not JSON',
    '{"valid":"yes"}',
    '{"valid":true}',
    '{"valid":true,"api_key":null,"permissions":[]}',
    '{"valid":false}',
    '{"verdicts":[]}',
  ]
  let answer = ''
  const verifier = open(t, { url: await serve(t, (_, response) => response.end(answer)) })
  for (answer of answers) {
    await t.rejects(verifier.verify('a'), { name: 'VerifierError', code: 'unavailable' }, answer)
    await t.rejects(Promise.all([verifier.verify('a'), verifier.verify('b')]), {
      code: 'unavailable',
    })
  }
})

t.test('a redirect is not followed: the request holds tokens', async (t) => {
  let met = 0
  const elsewhere = await serve(t, (_, response) => {
    met += 1
    response.end('{"valid":false,"reason":"not_found"}')
  })
  const verifier = open(t, {
    url: await serve(t, (_, response) =>
      response.writeHead(307, { location: `${elsewhere}/v1/verify` }).end(),
    ),
  })
  await t.rejects(verifier.verify('a'), { code: 'unavailable' })
  t.equal(met, 0)
})

t.test('a service that does not answer is an outage after the timeout', async (t) => {
  const verifier = open(t, { url: await serve(t, () => {}), timeoutMs: 100 })
  const failures: unknown[] = []
  verifier.on('unavailable', (error) => failures.push(error))
  const call = verifier.verify('a secret token')
  await t.rejects(call, { code: 'unavailable', message: /within 100 ms/ })
  const error: unknown = await call.catch((error: unknown) => error)
  t.ok(error instanceof VerifierError && !error.message.includes('secret'))
  await t.rejects(verifier.verify('another'), { code: 'unavailable' })
  t.same(failures, [error], 'the event tells of the first failure only')
})

t.test('a verifier tells when the service answers again', async (t) => {
  let isDown = true
  const verifier = open(t, {
    url: await serve(t, (_, response) => {
      if (isDown) response.writeHead(503).end()
      else response.end('{"valid":false,"reason":"a_reason_to_come"}')
    }),
  })
  const events: string[] = []
  verifier.on('unavailable', () => events.push('unavailable'))
  verifier.on('available', () => events.push('available'))
  await t.rejects(verifier.verify('a'), { code: 'unavailable', message: /answered 503/ })
  isDown = false
  t.same(await verifier.verify('a'), { valid: false, reason: 'a_reason_to_come' })
  t.same(events, ['unavailable', 'available'])
})

t.test('calls beyond maxWaiting are refused at once', async (t) => {
  const verifier = open(t, { maxWaiting: 2 })
  const [first, second, third] = ['a', 'b', 'c'].map((token) => verifier.verify(token))
  t.match(await Promise.allSettled([first, second, third]), [
    { value: { valid: false } },
    { value: { valid: false } },
    { reason: { code: 'overloaded' } },
  ])
})

t.test('closing rejects the calls under way, those that wait, and later ones', async (t) => {
  const met = Promise.withResolvers<void>()
  const verifier = open(t, { url: await serve(t, () => met.resolve()), timeoutMs: 60_000 })
  const underWay = verifier.verify('a')
  await met.promise
  const waiting = verifier.verify('b')
  await verifier.close()
  for (const call of [underWay, waiting, verifier.verify('c')]) {
    await t.rejects(call, { code: 'closed' })
  }
})

t.test('a function may give a new token for each request', async (t) => {
  let token = 'an old token'
  const verifier = open(t, { token: async () => token })
  await t.rejects(verifier.verify('a'), { code: 'caller_refused' })
  token = caller
  t.match(await verifier.verify('a'), { valid: false, reason: 'malformed' })
})

function open(t: Test, options: Partial<VerifierOptions> = {}): Verifier {
  const verifier = createVerifier({
    url,
    token: caller,
    timeoutMs: 60_000,
    mode: 'remote',
    ...options,
  })
  t.teardown(() => verifier.close())
  return verifier
}

async function serve(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}
