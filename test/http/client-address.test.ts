import { test } from 'tap'
import { type CheckedService, startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newAllowList, newKey } from '../helpers/fixtures.ts'
import { assertProblem } from '../helpers/problems.ts'
import { type RawRequest, sendRaw } from '../helpers/raw-request.ts'

const permissionDenied = { status: 403, code: 'permission_denied' }
const proxy = '127.0.0.2'
const stranger = '127.0.0.3'
const home = '203.0.113.7'

test('behind trusted proxies the client address is the one that the last of them reports', async (t) => {
  const started = await startCheckedService(t, {
    settings: { TRUSTED_PROXIES: `${proxy}, 10.0.0.0/8` },
  })
  const call = await callerOf(started, [`${home}/32`, '2001:db8::/32'])

  const allowed: readonly [string, RawRequest][] = [
    ['X-Forwarded-For', { from: proxy, headers: ['X-Forwarded-For', home] }],
    ['with a port', { from: proxy, headers: ['X-Forwarded-For', `${home}:51234`] }],
    ['IPv6', { from: proxy, headers: ['x-forwarded-for', '[2001:db8::1]:443'] }],
    ['two proxies', { from: proxy, headers: ['X-Forwarded-For', `192.0.2.1, ${home}, 10.1.1.1`] }],
    ['Forwarded', { from: proxy, headers: ['Forwarded', `for="${home}:1";proto=https`] }],
    ['both', { from: proxy, headers: ['Forwarded', `for=${home}`, 'X-Forwarded-For', home] }],
    [
      'several lines',
      { from: proxy, headers: ['X-Forwarded-For', '192.0.2.1', 'X-Forwarded-For', home] },
    ],
  ]
  for (const [told, request] of allowed) t.equal((await call(request)).status, 200, told)

  const denied: readonly [string, RawRequest][] = [
    [
      'whoever holds the socket is no proxy',
      { from: stranger, headers: ['X-Forwarded-For', home] },
    ],
    ['nor with Forwarded', { from: stranger, headers: ['Forwarded', `for=${home}`] }],
    ['the leftmost', { from: proxy, headers: ['X-Forwarded-For', `${home}, 192.0.2.1`] }],
    [
      'an earlier line',
      { from: proxy, headers: ['X-Forwarded-For', home, 'X-Forwarded-For', '192.0.2.1'] },
    ],
    ['a proxy that says nothing', { from: proxy }],
    ['trusted hops only', { from: proxy, headers: ['X-Forwarded-For', '10.0.0.2'] }],
    ['garbage', { from: proxy, headers: ['X-Forwarded-For', `${home}, x`] }],
    ['8 kB of it', { from: proxy, headers: ['X-Forwarded-For', `${home}, ${'x,'.repeat(4_000)}`] }],
    ['bytes beyond ASCII', { from: proxy, headers: ['X-Forwarded-For', `${home}\u00e9`] }],
    [
      'the client made up the other header',
      { from: proxy, headers: ['X-Forwarded-For', '192.0.2.1', 'Forwarded', `for=${home}`] },
    ],
    [
      'the client made up the other header, and means well',
      { from: proxy, headers: ['X-Forwarded-For', home, 'Forwarded', 'for=192.0.2.1'] },
    ],
    ['other headers', { from: proxy, headers: ['X-Real-IP', home, 'X-Client-IP', home] }],
  ]
  for (const [told, request] of denied) {
    assertProblem(t, await call(request), permissionDenied, told)
  }

  const seen = started.logLines
    .map((line) => JSON.parse(line))
    .filter((line) => line.route === '/v1/me')
    .map((line) => line.client_ip)
  t.same(
    seen,
    [home, home, '2001:db8::1', home, home, home, home, stranger, stranger].concat(
      ...[['192.0.2.1', '192.0.2.1'], Array(8).fill(null)],
    ),
    'the log tells the same address, and null where there is none',
  )
})

test('without a trusted proxy the client address is that of the socket', async (t) => {
  const started = await startCheckedService(t)
  const call = await callerOf(started, [`${stranger}/32`])
  const headers = ['X-Forwarded-For', stranger, 'Forwarded', `for=${stranger}`]
  t.equal((await call({ from: stranger })).status, 200)
  t.equal((await call({ from: stranger, headers: ['X-Forwarded-For', home] })).status, 200)
  assertProblem(t, await call({ from: proxy, headers }), permissionDenied, 'whatever it sends')
})

test('the client address restricts callers of the API as well', async (t) => {
  const { root, service } = await startCheckedService(t, { settings: { TRUSTED_PROXIES: proxy } })
  const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
  const account = await newAccount(root)
  const list = await newAllowList(root, account, [`${home}/32`])
  const { token } = await newKey(root, account, { allow_list_ids: [list] })
  const issue = (forwardedFor: string, name: string) =>
    sendRaw(`${url}/v1/accounts/${account}/api-keys`, {
      method: 'POST',
      from: proxy,
      headers: [
        ...['Authorization', `Bearer ${token}`, 'X-Forwarded-For', forwardedFor],
        ...['Content-Type', 'application/json'],
      ],
      body: JSON.stringify({ name, role: 'viewer', expires_at: null, allow_list_ids: [list] }),
    })
  t.equal((await issue(home, 'from home')).status, 201)
  assertProblem(t, await issue(stranger, 'from elsewhere'), permissionDenied, 'from elsewhere')
})

/** Calls /v1/me over a socket, with a key whose allow list has these entries. */
async function callerOf({ root, service, check }: CheckedService, entries: readonly string[]) {
  const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
  const account = await newAccount(root)
  const list = await newAllowList(root, account, entries)
  const { token } = await newKey(root, account, { allow_list_ids: [list] })
  return async (request: RawRequest) => {
    const headers = ['Authorization', `Bearer ${token}`, ...(request.headers ?? [])]
    const answer = await sendRaw(`${url}/v1/me`, { ...request, headers })
    check('GET', '/v1/me', answer)
    return answer
  }
}
