/** What a person who has signed in may do, and what ends that, on every instance. */
import t from 'tap'
import type { MappedRole } from '../../src/domain/person/mapping.ts'
import { verifyAuditLog } from '../../src/management/audit/verify-audit-log.ts'
import { endSessionsByProvider } from '../../src/management/sessions/end-by-provider.ts'
import { callWithCookie } from '../helpers/browser.ts'
import { newAccount, newRole } from '../helpers/fixtures.ts'
import { connectRaw, pollsTooLate, startInstances } from '../helpers/instances.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { signInAs, testIssuer, testProvider } from '../helpers/people.ts'
import { assertProblem } from '../helpers/problems.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const unauthenticated = { status: 401, code: 'unauthenticated' }
const denied = { status: 403, code: 'permission_denied' }
const path = '/v1/session'

t.test('a person acts with the role in the account, and is named by what they did', async (t) => {
  const service = await startTestService(t)
  const account = await newAccount(service.root)
  const keys = `/v1/accounts/${account}/api-keys`
  const browser = await signInAs(service, 'ada', [{ accountId: account, role: 'admin' }])
  const me = await browser.call('GET', path)
  t.match(me.body, {
    session: { id: browser.sessionId, api_key_id: null, current: true },
    api_key: null,
    user: {
      id: browser.userId,
      account_id: account,
      issuer: testIssuer,
      subject: 'ada',
      email: 'ada@example.com',
      role: { name: 'admin' },
      role_mapped: true,
    },
    role: { name: 'admin' },
    account: { id: account },
  })
  t.match((await browser.call('GET', '/v1/me')).body, { api_key: null, user: { subject: 'ada' } })

  const body = { name: 'of a person', role: 'viewer', expires_at: null }
  const issued = await browser.call('POST', keys, { body })
  const actor = { kind: 'user', id: browser.userId, name: 'Person ada', verified: true }
  t.equal(issued.status, 201)
  t.same(issued.body.api_key.created_by, actor)
  const revoked = await browser.call('POST', `${keys}/${issued.body.api_key.id}/revoke`)
  t.same(revoked.body.api_key.revoked_by, actor)
  t.equal(revoked.body.receipt.state, 'complete')
  const { body: log } = await browser.call('GET', `/v1/accounts/${account}/audit-events`)
  t.match(log.audit_events.slice(0, 4), [
    { action: 'api_key.revoked', actor, api_key_id: null, session_id: browser.sessionId },
    { action: 'api_key.issued', actor, session_id: browser.sessionId },
    { action: 'session.started', actor, after: { signed_in_by: 'oidc' } },
    { action: 'user.added', actor: { kind: 'system' }, after: { role_mapped: true } },
  ])
  await signInAs(service, 'ada', [{ accountId: account, role: 'admin' }], { name: 'Ada King' })
  const renamed = await browser.call('GET', `/v1/accounts/${account}/audit-events`)
  t.match(
    renamed.body.audit_events[0],
    { action: 'session.started', actor: { ...actor, name: 'Ada King' } },
    'a sign-in is recorded under the name that the provider gives since',
  )
  t.match(await verifyAuditLog(service.service.deps, []), { breaks: [] })
})

t.test('a person has no more than the role, and grants nothing beyond it', async (t) => {
  const service = await startTestService(t)
  const account = await newAccount(service.root)
  const other = await newAccount(service.root, 'Other')
  const keys = `/v1/accounts/${account}/api-keys`
  const role = await newRole(service.root, account, 'issues', ['api_key:create', 'cluster:read'])
  const browser = await signInAs(service, 'bob', [{ accountId: account, role }])
  const issue = (as: string) =>
    browser.call('POST', keys, { body: { name: as, role: as, expires_at: null } })
  t.match(await issue('admin'), { status: 403, body: { code: 'escalation' } })
  t.equal((await issue('issues')).status, 201)
  assertProblem(t, await browser.call('GET', `/v1/accounts/${account}/users`), denied, 'users')
  const notFound = { status: 404, code: 'not_found' }
  assertProblem(t, await browser.call('GET', `/v1/accounts/${other}/api-keys`), notFound, 'other')
  assertProblem(t, await browser.call('GET', '/v1/accounts'), denied, 'accounts')
  const rotation = await browser.call('POST', '/v1/me/rotate', { body: { overlap_seconds: 0 } })
  assertProblem(t, rotation, denied, 'a person has no token')
  const headers = { 'x-acting-user': 'somebody else' }
  assertProblem(t, await browser.call('GET', keys, { headers }), denied, 'in the name of another')
  const spoofed = await service.root.call('POST', keys, {
    body: { name: 'spoofed', role: 'viewer', expires_at: null },
    headers: { 'x-acting-user': browser.userId },
  })
  t.same(spoofed.body.api_key.created_by, { kind: 'user', id: browser.userId, name: null })
  const { body } = await service.root.get(`/v1/accounts/${account}/users/${browser.userId}`)
  t.equal(body.user.key_count, 1, 'a key that a backend issued in that name is not theirs')
})

t.test('sensitive acts require a proof of identity that is not long ago', async (t) => {
  const service = await startTestService(t)
  const account = await newAccount(service.root)
  const keys = `/v1/accounts/${account}/api-keys`
  const roles = [{ accountId: account, role: 'admin' }]
  const unproved = await signInAs(service, 'ada', roles, { authenticatedAt: undefined })
  const body = { name: 'k', role: 'admin', expires_at: null }
  const refused = await unproved.call('POST', keys, { body })
  assertProblem(t, refused, { status: 403, code: 'confirmation_required' }, 'unproved')
  const key = { key: service.rootToken }
  const byKey = await unproved.call('POST', '/v1/session/confirmation', { body: key })
  assertProblem(t, byKey, denied, 'a person confirms by signing in')
  const early = new Date(service.service.deps.now().getTime() - 3_600_000)
  const old = await signInAs(service, 'ada', roles, { authenticatedAt: early })
  t.equal((await old.call('POST', keys, { body })).status, 403)
  const proved = await signInAs(service, 'ada', roles)
  t.equal((await proved.call('POST', keys, { body })).status, 201)
})

t.test('whatever ends or narrows a membership does so on each instance', async (t) => {
  const OIDC_FILE = await writeOidcFile(t, [testProvider])
  const { services } = await startInstances(t, { ...pollsTooLate, OIDC_FILE })
  const [first, second] = services
  const account = await newAccount(first.root)
  const users = `/v1/accounts/${account}/users`
  const role = await newRole(first.root, account, 'reads', ['api_key:read'])
  const add = async (subject: string) => {
    const added = await first.root.post(users, { issuer: testIssuer, subject, role })
    t.equal(added.status, 201, subject)
    return signInAs(first, subject)
  }
  const at = (cookie: string, url = path) => callWithCookie(second, cookie, 'GET', url)

  const removed = await add('removed')
  t.equal((await at(removed.cookie)).status, 200, 'hot')
  const removal = await first.root.post(`${users}/${removed.userId}/remove?wait_ms=10000`, {
    keys: 'keep',
  })
  t.match(removal.body, { key_count: 0, receipt: { state: 'complete' } })
  for (const service of services) {
    const answer = await callWithCookie(service, removed.cookie, 'GET', path)
    assertProblem(t, answer, unauthenticated, 'the session of a removed person')
  }
  const again = await first.root.post(`${users}/${removed.userId}/remove`, { keys: 'keep' })
  t.equal(again.body.receipt.id, removal.body.receipt.id, 'a repeat has the same receipt')

  const returned = await add('removed')
  t.equal(returned.userId, removed.userId, 'the same person')
  t.equal((await at(returned.cookie)).status, 200)
  assertProblem(t, await at(removed.cookie), unauthenticated, 'no earlier session returns')

  const narrowed = await add('narrowed')
  const keys = `/v1/accounts/${account}/api-keys`
  t.equal((await at(narrowed.cookie, keys)).status, 200)
  const nothing = await newRole(first.root, account, 'nothing', [])
  const change = await first.root.patch(`${users}/${narrowed.userId}?wait_ms=10000`, {
    role: nothing,
  })
  t.match(change.body, { user: { role: { name: 'nothing' } }, receipt: { state: 'complete' } })
  assertProblem(t, await at(narrowed.cookie, keys), denied, 'another role')
  await first.root.patch(`${users}/${narrowed.userId}?wait_ms=10000`, { role })
  t.equal((await at(narrowed.cookie, keys)).status, 200)
  await first.root.put(`/v1/accounts/${account}/roles/${role}`, { name: 'reads', permissions: [] })
  assertProblem(t, await at(narrowed.cookie, keys), denied, 'the role was narrowed')

  const ended = await add('ended')
  t.equal((await at(ended.cookie)).status, 200)
  const out = await ended.call('DELETE', `${path}?wait_ms=10000`)
  t.match(out.body, { session: { api_key_id: null }, receipt: { state: 'complete' } })
  assertProblem(t, await at(ended.cookie), unauthenticated, 'signed out')

  const loggedOut = await add('logged-out')
  t.equal((await at(loggedOut.cookie)).status, 200)
  await endSessionsByProvider(first.service.deps, {
    issuer: testIssuer,
    subject: 'logged-out',
    providerSession: undefined,
    jti: 'one',
    expiresAt: new Date(Date.now() + 600_000),
  })
  await until(async () => (await at(loggedOut.cookie)).status === 401)
  const { body } = await first.root.get(`${users}/${loggedOut.userId}`)
  t.equal(body.user.role.name, 'reads', 'who logs out at the provider stays a user')
})

t.test('a mapped role is computed anew at each sign-in, and ends with the session', async (t) => {
  const OIDC_FILE = await writeOidcFile(t, [testProvider])
  const settings = { OIDC_FILE, SESSION_LIFETIME_SECONDS: '3600', SESSION_IDLE_SECONDS: '2592000' }
  const service = await startTestService(t, { settings })
  const account = await newAccount(service.root)
  const users = `/v1/accounts/${account}/users`
  const admin = [{ accountId: account, role: 'admin' }]
  const given = { issuer: testIssuer, subject: 'ada', role: 'developer' }
  t.equal((await service.root.post(users, given)).status, 201)
  const first = await signInAs(service, 'ada', admin)
  t.match((await first.call('GET', path)).body.user, { role: { name: 'admin' }, role_mapped: true })
  const change = await service.root.patch(`${users}/${first.userId}`, { role: 'viewer' })
  assertProblem(t, change, { status: 409, code: 'mapped_role' }, 'a mapped role')
  const second = await signInAs(service, 'ada', [{ accountId: account, role: 'viewer' }])
  for (const { call } of [first, second]) {
    t.equal((await call('GET', path)).body.role.name, 'viewer', 'every session has the new role')
  }
  await t.rejects(signInAs(service, 'ada'), { code: 'permission_denied' }, 'no claim maps any more')
  for (const { call } of [first, second]) {
    assertProblem(t, await call('GET', path), unauthenticated, 'the role was taken')
  }
  await t.rejects(signInAs(service, 'nobody'), { code: 'permission_denied' })
  const third = await signInAs(service, 'ada', admin)
  service.clock.offsetMs = 3_601_000
  assertProblem(t, await third.call('GET', path), unauthenticated, 'the lifetime is over')
  const role = await newRole(service.root, account, 'mapped', [])
  await signInAs(service, 'bob', [{ accountId: account, role }])
  const roles = `/v1/accounts/${account}/roles/${role}`
  assertProblem(t, await service.root.delete(roles), { status: 409, code: 'in_use' }, 'in use')
  await service.root.post(`${users}/${(await service.root.get(users)).body.users[0].id}/remove`, {
    keys: 'keep',
  })
  t.equal((await service.root.delete(roles)).status, 204)
})

t.test('a role of the platform needs an entry that names the platform', async (t) => {
  const OIDC_FILE = await writeOidcFile(t, [testProvider])
  const service = await startTestService(t, { settings: { OIDC_FILE } })
  const platform: string = (await service.root.get('/v1/me')).body.api_key.account_id
  const account = await newAccount(service.root)
  const nothing: Readonly<Record<string, MappedRole>> = {
    hidden: { accountId: platform, role: 'admin' },
    unmade: { accountId: account, role: 'a role that nobody made' },
    lost: { accountId: '0192f3a4-5b6c-7d8e-9f01-23456789abcd', role: 'admin' },
  }
  const raw = await connectRaw(t, service.database.url)
  for (const [subject, mapped] of Object.entries(nothing)) {
    await t.rejects(signInAs(service, subject, [mapped]), { code: 'permission_denied' }, subject)
    const { rows } = await raw.query('select subject from person')
    t.same(rows, [], 'nothing is stored of who has no role')
  }
  const given = {
    users: { issuer: testIssuer, subject: 'given', role: 'viewer' },
    invitations: { email: 'ada@example.com', role: 'viewer' },
  }
  for (const [list, body] of Object.entries(given)) {
    const refused = await service.root.post(`/v1/accounts/${platform}/${list}`, body)
    t.match(refused, { status: 409, body: { code: 'mapped_role' } }, `${list}: not by the API`)
  }
  const operator = await signInAs(service, 'op', [{ accountId: null, role: 'admin' }])
  const keys = `/v1/accounts/${account}/api-keys`
  const body = { name: 'by the platform', role: 'admin', expires_at: null }
  const { body: issued } = await operator.call('POST', keys, { body })
  t.match(issued.api_key.created_by, { kind: 'user', id: operator.userId, verified: true })
  const tenant = service.as(issued.token)
  const seen = await tenant.get(`${keys}/${issued.api_key.id}`)
  t.same(seen.body.api_key.created_by, { kind: 'platform', id: null, name: null })
  const { body: log } = await tenant.get(`/v1/accounts/${account}/audit-events`)
  t.match(log.audit_events[0], {
    action: 'api_key.issued',
    actor: { kind: 'platform', id: null },
    session_id: null,
    client_ip: null,
  })
  for (const list of ['audit-events?actor_id=', 'api-keys?created_by=']) {
    const found = await tenant.get(`/v1/accounts/${account}/${list}${operator.userId}`)
    t.same(found.body.audit_events ?? found.body.api_keys, [], list)
  }
})
