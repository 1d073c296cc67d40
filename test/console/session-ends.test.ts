/** What ends a session: its own end on every instance, its times, and whatever ends its key. */
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import t from 'tap'
import { flush } from '../../src/process/background-jobs.ts'
import type { Answer } from '../helpers/api.ts'
import {
  type Browser,
  callWithCookie,
  consoleHeaders,
  cookieName,
  signIn,
} from '../helpers/browser.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { pollsTooLate, startInstances } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { assertProblem } from '../helpers/problems.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const unauthenticated = { status: 401, code: 'unauthenticated' }
const path = '/v1/session'
const minuteMs = 60_000

/** Three instances, of which none finds a change by itself. */
const instances = await startInstances(t, pollsTooLate)

t.test('signing out ends the session on every instance, with a receipt', async (t) => {
  const { services } = instances
  const [first, ...others] = services
  const browser = await signIn(first, { key: first.rootToken })
  for (const service of services) {
    t.equal((await callWithCookie(service, browser.cookie, 'GET', path)).status, 200, 'hot')
  }
  const out = await browser.call('DELETE', `${path}?wait_ms=10000`)
  t.match(out.body, {
    session: { id: browser.sessionId, current: true },
    receipt: { state: 'complete', acknowledged: 3, live: 3 },
    logout_url: null,
  })
  t.ok(out.body.session.ended_at)
  t.equal(
    out.headers['set-cookie'],
    `${cookieName}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax`,
    'the browser forgets it',
  )
  for (const service of [first, ...others]) {
    const replayed = await callWithCookie(service, browser.cookie, 'GET', path)
    assertProblem(t, replayed, unauthenticated, 'the cookie after signing out')
    t.match(replayed.body.detail, 'Sign in again')
  }
  const again = await browser.call('DELETE', path)
  assertProblem(t, again, unauthenticated, 'signing out twice')
  t.match(again.headers['set-cookie'], /Max-Age=0/, 'the browser forgets it all the same')
})

t.test('the sessions of a key are listed and ended, and those of no other key', async (t) => {
  const service = await startTestService(t)
  const account = await newAccount(service.root)
  const key = await newKey(service.root, account)
  const other = await signIn(service, { key: (await newKey(service.root, account)).token })
  const one = await signIn(service, { key: key.token })
  const two = await signIn(service, { key: key.token })
  const ids = async (browser: Browser) => {
    const { body } = await browser.call('GET', '/v1/sessions')
    return body.sessions.map((row: { id: string; current: boolean }) => [row.id, row.current])
  }
  t.same(await ids(two), [
    [two.sessionId, true],
    [one.sessionId, false],
  ])
  const ended = await two.call('DELETE', `/v1/sessions/${one.sessionId}`)
  t.match(ended.body, { session: { id: one.sessionId, current: false } })
  const repeated = await two.call('DELETE', `/v1/sessions/${one.sessionId}`)
  t.equal(repeated.body.receipt.revision, ended.body.receipt.revision, 'the same receipt')
  t.equal(repeated.body.receipt.id, ended.body.receipt.id)
  t.same(await ids(two), [[two.sessionId, true]])
  assertProblem(t, await one.call('GET', path), unauthenticated, 'the ended one')
  const notFound = { status: 404, code: 'not_found' }
  for (const id of [other.sessionId, '01a22614-6ece-7d12-a61f-7ea28e71a667', 'x']) {
    assertProblem(t, await two.call('DELETE', `/v1/sessions/${id}`), notFound, id)
  }
  t.equal((await other.call('GET', path)).status, 200)
  const bearer = service.as(key.token)
  t.equal((await bearer.get('/v1/sessions')).body.sessions[0].current, false, 'a token lists too')
  t.equal((await bearer.delete(`/v1/sessions/${two.sessionId}`)).status, 200)
  assertProblem(t, await two.call('GET', path), unauthenticated, 'ended by a token')
})

t.test('whatever ends or narrows a key does so to its sessions, on each instance', async (t) => {
  const { services } = instances
  const [first, second] = services
  const account = await newAccount(first.root)
  const base = `/v1/accounts/${account}/api-keys`
  const list = await newAllowList(first.root, account, ['127.0.0.1'])
  const role = await newRole(first.root, account, 'reads', ['api_key:read'])
  const acts: Readonly<Record<string, (id: string) => Promise<Answer>>> = {
    'its revocation': (id) => first.root.post(`${base}/${id}/revoke`, {}),
    'its being disabled': (id) => first.root.post(`${base}/${id}/disable`, {}),
    'its rotation': (id) => first.root.post(`${base}/${id}/rotate`, { overlap_seconds: 0 }),
  }
  for (const [label, perform] of Object.entries(acts)) {
    const { id, token } = await newKey(first.root, account)
    const browser = await signIn(first, { key: token })
    t.equal((await callWithCookie(second, browser.cookie, 'GET', path)).status, 200, 'hot')
    t.ok((await perform(id)).status < 300, label)
    for (const service of [first, second]) {
      const answer = await callWithCookie(service, browser.cookie, 'GET', path)
      assertProblem(t, answer, unauthenticated, label)
    }
  }

  const narrowed = await newKey(first.root, account, { role, allow_list_ids: [list] })
  const browser = await signIn(first, { key: narrowed.token })
  const read = (remoteAddress = '127.0.0.1') =>
    callWithCookie(second, browser.cookie, 'GET', base, { remoteAddress })
  t.equal((await read()).status, 200)
  const denied = { status: 403, code: 'permission_denied' }
  assertProblem(t, await read('192.0.2.9'), denied, 'from another address')
  await first.root.put(`/v1/accounts/${account}/roles/${role}`, { name: 'reads', permissions: [] })
  assertProblem(t, await read(), denied, 'its role was narrowed')
  await first.root.patch(`/v1/accounts/${account}/allow-lists/${list}`, { entries: ['192.0.2.1'] })
  const elsewhere = await callWithCookie(second, browser.cookie, 'GET', path)
  assertProblem(t, elsewhere, denied, 'its allow list was narrowed')
})

t.test('a session ends when it is idle, however old, and at its lifetime', async (t) => {
  const settings = { SESSION_IDLE_SECONDS: '1800', SESSION_LIFETIME_SECONDS: '3600' }
  const service = await startTestService(t, { settings })
  const idle = await signIn(service, { key: service.rootToken })
  const used = await signIn(service, { key: service.rootToken })
  service.clock.offsetMs = 29 * minuteMs
  t.equal((await used.call('GET', path)).status, 200, 'used')
  service.clock.offsetMs = 30 * minuteMs + 1_000
  const after = await idle.call('GET', path)
  assertProblem(t, after, unauthenticated, 'idle')
  t.match(after.body.detail, 'not used for too long')
  const { body } = await used.call('GET', path)
  t.ok(Date.parse(body.session.last_used_at) >= Date.parse(body.session.created_at) + 29 * minuteMs)
  t.equal(body.session.idle_expires_at, body.session.expires_at, 'the lifetime comes first')
  t.same((await used.call('GET', '/v1/sessions')).body.sessions.length, 1, 'an idle one is no more')
  service.clock.offsetMs = 60 * minuteMs + 1_000
  assertProblem(t, await used.call('GET', path), unauthenticated, 'expired')
})

t.test('uses of sessions are written in batches, and count on other instances then', async (t) => {
  const { services } = await startInstances(t, { SESSION_IDLE_SECONDS: '1800' })
  const [first, second] = services
  const { cookie } = await signIn(first, { key: first.rootToken })
  for (const service of services) service.clock.offsetMs = 20 * minuteMs
  t.equal((await callWithCookie(first, cookie, 'GET', path)).status, 200)
  for (const service of services) service.clock.offsetMs = 31 * minuteMs
  const before = await callWithCookie(second, cookie, 'GET', path)
  assertProblem(t, before, unauthenticated, 'the other instance cannot know yet')
  await flush(first.service.deps)
  t.equal((await callWithCookie(second, cookie, 'GET', path)).status, 200, 'it reads the use')
  // Older uses, flushed later, move nothing back.
  await flush(second.service.deps)
  await flush(first.service.deps)
  const { body } = await callWithCookie(second, cookie, 'GET', path)
  t.ok(Date.parse(body.session.last_used_at) > Date.parse(body.session.created_at) + 30 * minuteMs)
})

t.test('a session that ends while its request waits gets the refusal only', async (t) => {
  const { services } = instances
  const [here, elsewhere] = services
  const account = await newAccount(elsewhere.root)
  const url = await here.service.app.listen({ host: '127.0.0.1', port: 0 })
  const { uses } = here.service.deps.sessions
  const bodies = {
    [`PATCH /v1/accounts/${account}`]: { name: 'too late' },
    'POST /v1/session/confirmation': { key: here.rootToken },
  }
  for (const [route, body] of Object.entries(bodies)) {
    const [method = '', target = ''] = route.split(' ')
    const { cookie, sessionId } = await signIn(here, { key: here.rootToken })
    const text = JSON.stringify(body)
    const request = httpRequest(url + target, {
      method,
      agent: false,
      headers: {
        ...consoleHeaders,
        cookie: `${cookieName}=${cookie}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      },
    })
    const answered = once(request, 'response')
    request.flushHeaders()
    await until(() => uses.lastOf(sessionId) !== undefined)
    const ended = await elsewhere.root.delete(`/v1/sessions/${sessionId}?wait_ms=30000`)
    t.equal(ended.body.receipt.state, 'complete')
    request.end(text)
    const [response] = await answered
    t.equal(response.statusCode, 401, route)
    response.resume()
  }
  t.equal((await here.root.get(`/v1/accounts/${account}`)).body.account.name, 'Acme')
})

t.test('no change is committed by a session that ends while the change waits', async (t) => {
  const { services, raw } = instances
  const [first] = services
  const account = await newAccount(first.root)
  const key = await newKey(first.root, account)
  const browser = await signIn(first, { key: key.token })
  await raw.query('begin')
  await raw.query('select from session where id = $1 for update', [browser.sessionId])
  const change = browser.call('POST', `/v1/accounts/${account}/allow-lists`, {
    body: { name: 'late', entries: ['192.0.2.1'] },
  })
  await untilBlocked(raw)
  await raw.query('update session set ended_at = now() where id = $1', [browser.sessionId])
  await raw.query('commit')
  assertProblem(t, await change, unauthenticated, 'the waiting change')
  const lists = await first.root.get(`/v1/accounts/${account}/allow-lists`)
  t.same(lists.body.allow_lists, [])
})
