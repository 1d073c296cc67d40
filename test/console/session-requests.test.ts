/** Where session cookies count, and which requests with one the console itself has sent. */
import t from 'tap'
import {
  type Browser,
  consoleHeaders,
  consoleHost,
  cookieName,
  signIn,
  trySignIn,
} from '../helpers/browser.ts'
import { newAccount } from '../helpers/fixtures.ts'
import { assertProblem } from '../helpers/problems.ts'
import { parseRoute, routesOf } from '../helpers/routes.ts'
import { startTestService } from '../helpers/service.ts'
import { shareService } from '../helpers/share-service.ts'

const originRefused = { status: 403, code: 'origin_refused' }
const unauthenticated = { status: 401, code: 'unauthenticated' }

const { 'x-aeon-console': _console, ...withoutHeader } = consoleHeaders
const { origin: _origin, ...withoutOrigin } = consoleHeaders
const { 'sec-fetch-site': _site, ...withoutSite } = consoleHeaders

/** What pages of other origins can make a browser send, and what they cannot set is missing. */
const refusedAlways = {
  'without X-Aeon-Console': withoutHeader,
  'another value of X-Aeon-Console': { ...consoleHeaders, 'x-aeon-console': 'true' },
  'from another port': { ...consoleHeaders, origin: 'http://127.0.0.1:9999' },
  'from another name of the machine': { ...consoleHeaders, origin: 'http://localhost:8080' },
  'from the host over TLS': { ...consoleHeaders, origin: 'https://127.0.0.1:8080' },
  'from a sandbox': { ...consoleHeaders, origin: 'null' },
  'of an address that the user typed': { ...consoleHeaders, 'sec-fetch-site': 'none' },
  'of the same site': { ...consoleHeaders, 'sec-fetch-site': 'same-site' },
  'of another site': { ...consoleHeaders, 'sec-fetch-site': 'cross-site' },
}

const service = shareService(t, await startTestService(t))

t.test('a request that a page of another origin sends is refused, reads included', async (t) => {
  const { browser, account } = await signedIn()
  const path = `/v1/accounts/${account}`
  const body = { name: 'Taken over' }
  const send = (method: 'GET' | 'PATCH', headers: Readonly<Record<string, string>>) =>
    service.as(undefined).call(method, path, {
      headers: { ...headers, cookie: `${cookieName}=${browser.cookie}` },
      ...(method === 'PATCH' && { body }),
    })
  for (const [label, headers] of Object.entries(refusedAlways)) {
    assertProblem(t, await send('GET', headers), originRefused, `a read ${label}`)
    assertProblem(t, await send('PATCH', headers), originRefused, `a change ${label}`)
  }
  assertProblem(t, await send('PATCH', withoutOrigin), originRefused, 'a change without an origin')
  t.equal((await send('GET', withoutOrigin)).status, 200, 'browsers send no origin with reads')
  t.equal((await send('PATCH', withoutSite)).status, 200, 'older browsers send no Sec-Fetch-Site')
  t.equal((await service.root.get(path)).body.account.name, 'Taken over')
})

t.test('no site is answered that it may send the header of the console', async (t) => {
  const answer = await service.as(undefined).call('OPTIONS', '/v1/session', {
    headers: {
      host: consoleHost,
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-aeon-console',
    },
  })
  for (const header of Object.keys(answer.headers)) t.notMatch(header, /^access-control-/)
})

t.test('a sign-in has no query, and says what is wrong with a key', async (t) => {
  const key = service.rootToken
  for (const query of [`key=${key}`, `token=${key}`, 'wait_ms=1', '%zz']) {
    const answer = await service.as(undefined).call('POST', `/v1/session?${query}`, {
      body: { key },
      headers: consoleHeaders,
    })
    t.equal(answer.status, 400, query)
    t.equal(answer.body.errors[0].in, 'query')
  }
  for (const text of ['', `Bearer ${key}`, ` ${key}`, key.slice(0, -1)]) {
    const answer = await trySignIn(service, { key: text })
    assertProblem(t, answer, unauthenticated, text.slice(0, 7))
    t.match(answer.body.detail, /^The key is not a token\. Send the whole token/)
  }
})

t.test('the cookie of one port or scheme is none of another', async (t) => {
  const { browser } = await signedIn()
  for (const name of ['aeon_session_9999', '__Host-aeon_session', 'session', 'AEON_SESSION_8080']) {
    const answer = await service.as(undefined).call('GET', '/v1/session', {
      headers: { ...consoleHeaders, cookie: `${name}=${browser.cookie}` },
    })
    assertProblem(t, answer, unauthenticated, name)
  }
  const twice = `${cookieName}=${browser.cookie}; ${cookieName}=${browser.cookie}`
  const answer = await service.as(undefined).call('GET', '/v1/session', {
    headers: { ...consoleHeaders, cookie: twice },
  })
  assertProblem(t, answer, unauthenticated, 'two cookies')
  const among = await service.as(undefined).call('GET', '/v1/session', {
    headers: { ...consoleHeaders, cookie: `a=1; ${cookieName}=${browser.cookie}; b` },
  })
  t.equal(among.status, 200, 'among other cookies of the host')
})

t.test('the cookie and an Authorization header together are refused', async (t) => {
  const { browser } = await signedIn()
  for (const authorization of [`Bearer ${service.rootToken}`, 'Basic YTpi', '']) {
    const answer = await browser.call('GET', '/v1/permissions', { headers: { authorization } })
    assertProblem(t, answer, unauthenticated, 'both')
    t.match(answer.body.detail, 'not both')
  }
})

t.test('a session acts for no user', async (t) => {
  const { browser } = await signedIn()
  for (const headers of [{ 'x-acting-user': 'u1' }, { 'x-acting-user-name': 'Ann' }]) {
    const answer = await browser.call('GET', '/v1/permissions', { headers })
    assertProblem(t, answer, { status: 403, code: 'permission_denied' }, 'acting user')
  }
})

t.test('a session token is no bearer token', async (t) => {
  const { browser, account } = await signedIn()
  const bearer = service.as(browser.cookie)
  for (const path of ['/v1/permissions', `/v1/accounts/${account}/api-keys`, '/v1/session']) {
    assertProblem(t, await bearer.get(path), unauthenticated, path)
  }
  t.match(await service.root.verify(browser.cookie), { valid: false })
})

t.test('cookies count on no route of verification, of other APIs or of operators', async (t) => {
  const { browser } = await signedIn()
  const routes = routesOf(service.service.app)
  const closed = routes.filter((route) => notOfConsole.some((path) => route.includes(` ${path}`)))
  t.ok(closed.length > 20, `${closed.length} routes`)
  for (const route of closed) {
    const { method, path } = parseRoute(route)
    const url = path.replaceAll(/:\w+/g, '01a22614-6ece-7d12-a61f-7ea28e71a667')
    const bare = await service.as(undefined).call(method, url, { headers: consoleHeaders })
    const answer = await browser.call(method, url)
    t.equal(answer.status, bare.status, `${route} answers as without a cookie`)
    t.ok(answer.status >= 400 || isOpen(path), route)
  }
})

/** Beginnings of paths on which a cookie is never looked at. */
const notOfConsole = [
  '/v1/verify',
  '/v1/forward-auth',
  '/oauth2/',
  '/api/public/v1/',
  '/metrics',
  '/livez',
  '/readyz',
  '/docs',
  '/openapi',
]

function isOpen(path: string): boolean {
  return /^\/(?:metrics|livez|readyz|docs|openapi)/.test(path)
}

t.test('no operation of the OpenAPI documents takes a cookie', async (t) => {
  for (const path of ['/openapi.json', '/openapi/aeon.json']) {
    const { body, text } = await service.as(undefined).get(path)
    t.notMatch(text, '"in":"cookie"')
    t.notOk(
      Object.keys(body.paths).some(
        (one) => one.startsWith('/v1/session/') || one === '/v1/session',
      ),
    )
  }
})

t.test('what a session may do is what its key may do', async (t) => {
  const account = await newAccount(service.root)
  const issued = await service.root.post(`/v1/accounts/${account}/api-keys`, {
    name: 'reads',
    role: 'viewer',
    expires_at: null,
  })
  const browser = await signIn(service, { key: issued.body.token })
  const denied = { status: 403, code: 'permission_denied' }
  const path = `/v1/accounts/${account}/api-keys`
  t.equal((await browser.call('GET', path)).status, 200)
  const body = { name: 'one more', role: 'viewer', expires_at: null }
  assertProblem(t, await browser.call('POST', path, { body }), denied, 'issues a key')
  const other = await newAccount(service.root, 'Globex')
  assertProblem(
    t,
    await browser.call('GET', `/v1/accounts/${other}/api-keys`),
    { status: 404, code: 'not_found' },
    'another account',
  )
})

t.test('a request without a session cookie is answered as before', async (t) => {
  const { account } = await signedIn()
  for (const cookie of ['theme=dark', 'aeon_session_9999=x', '']) {
    const headers = { host: consoleHost, cookie }
    const answer = await service.root.call('GET', `/v1/accounts/${account}`, { headers })
    t.equal(answer.status, 200, cookie)
  }
})

/** An account, and a browser that is signed in with the root key. */
async function signedIn(): Promise<{ browser: Browser; account: string }> {
  const account = await newAccount(service.root)
  const browser = await signIn(service, { key: service.rootToken })
  return { browser, account }
}
