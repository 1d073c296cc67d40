/** The users of an account: who adds, changes and removes them, and what becomes of their keys. */
import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { formatConsoleSecret } from '../../src/domain/session/console-secret.ts'
import { verifyAuditLog } from '../../src/management/audit/verify-audit-log.ts'
import type { Json } from '../helpers/api.ts'
import { callWithCookie } from '../helpers/browser.ts'
import { newAccount, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { type PersonBrowser, signInAs, testIssuer, testProvider } from '../helpers/people.ts'
import { assertProblem } from '../helpers/problems.ts'
import { startTestService } from '../helpers/service.ts'

const unauthenticated = { status: 401, code: 'unauthenticated' }
const path = '/v1/session'

async function openSite(t: Test, settings: Readonly<Record<string, string>> = {}) {
  const OIDC_FILE = await writeOidcFile(t, [testProvider])
  const service = await startTestService(t, { settings: { OIDC_FILE, ...settings } })
  const account = await newAccount(service.root)
  const users = `/v1/accounts/${account}/users`
  const keys = `/v1/accounts/${account}/api-keys`
  /** Adds a person, who then signs in. */
  const add = async (subject: string, role: string): Promise<PersonBrowser> => {
    const added = await service.root.post(users, { issuer: testIssuer, subject, role })
    if (added.status !== 201) throw new Error(added.text)
    return signInAs(service, subject)
  }
  return { service, account, users, keys, add, root: service.root }
}

t.test('users are added, listed, changed and removed', async (t) => {
  const { service, users, add, root } = await openSite(t)
  const ada = await add('ada', 'admin')
  const bob = await add('bob', 'viewer')
  const { body } = await ada.call('GET', `${users}?sort=created_at`)
  t.match(body.users, [
    { id: ada.userId, subject: 'ada', role: { name: 'admin' }, role_mapped: false, key_count: 0 },
    { id: bob.userId, subject: 'bob', role: { name: 'viewer' }, role_ends_at: null },
  ])
  const { body: roles } = await ada.call('GET', users.replace('users', 'roles'))
  t.match(
    roles.roles.filter(({ user_count: count }: Json) => count > 0),
    [
      { name: 'viewer', user_count: 1 },
      { name: 'admin', user_count: 1 },
    ],
    'and counted by their roles',
  )
  const { text } = await ada.call('GET', `${users}/export?format=ndjson`)
  t.same(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [...body.users, { count: 2 }],
    'and exported',
  )
  const csv = await ada.call('GET', `${users}/export?format=csv`)
  t.match(csv.text, /,Person bob,bob@example\.com,true,[^,]+,viewer,false,,[^,]+,[^,]+,0,/)
  const first = await ada.call('GET', `${users}?limit=1&sort=created_at`)
  const next = await ada.call('GET', `${users}?sort=created_at&cursor=${first.body.next_cursor}`)
  t.same([first.body.users[0].id, next.body.users[0].id], [ada.userId, bob.userId])
  const taken = await root.post(users, { issuer: testIssuer, subject: 'ada', role: 'viewer' })
  t.match(taken, { status: 409, body: { code: 'id_taken' } })
  const repeat = () => {
    const body = { issuer: testIssuer, subject: 'corp|eve b.', role: 'viewer' }
    return root.call('POST', users, { body, headers: { 'idempotency-key': 'one' } })
  }
  const eve = await repeat()
  t.notOk('key_count' in eve.body.user, 'only answers that list or get count the keys')
  t.match(await repeat(), { status: 201, body: { user: { id: eve.body.user.id } } }, 'once')
  await root.post(`${users}/${eve.body.user.id}/remove`, { keys: 'keep' })
  assertProblem(t, await repeat(), { status: 404, code: 'not_found' }, 'who was added is gone')

  const change = (role: string) => ada.call('PATCH', `${users}/${bob.userId}`, { body: { role } })
  const changed = await change('developer')
  t.match(changed.body, { user: { role: { name: 'developer' } }, receipt: { state: 'complete' } })
  const again = await change('developer')
  t.equal(again.body.receipt.id, changed.body.receipt.id, 'a repeat has the same receipt')
  const same = await root.patch(`${users}/${ada.userId}`, { role: 'admin' })
  t.match(same, { status: 200, body: { receipt: { state: 'complete' } } }, 'nothing changes')
  const unknown = await change('no such role')
  t.match(unknown, { status: 400, body: { code: 'invalid_request' } })
  for (const id of ['x', '0192f3a4-5b6c-7d8e-9f01-23456789abcd']) {
    const body = { keys: 'keep' }
    const notFound = { status: 404, code: 'not_found' }
    assertProblem(t, await root.get(`${users}/${id}`), notFound, id)
    assertProblem(t, await root.patch(`${users}/${id}`, { role: 'viewer' }), notFound, id)
    assertProblem(t, await root.post(`${users}/${id}/remove`, body), notFound, id)
  }
  const removed = await ada.call('POST', `${users}/${bob.userId}/remove`, {
    body: { keys: 'keep', reason: 'left' },
  })
  t.match(removed.body, { user: { id: bob.userId }, key_count: 0 })
  const { body: log } = await root.get(`${users.replace('users', 'audit-events')}?limit=3`)
  t.match(log.audit_events, [
    {
      action: 'user.removed',
      actor: { id: ada.userId, verified: true },
      resource: { type: 'user', id: bob.userId },
      before: { role: { name: 'developer' } },
      after: null,
      reason: 'left',
    },
    { action: 'user.updated', before: { role: { name: 'viewer' } } },
    { action: 'user.removed', resource: { id: eve.body.user.id } },
  ])
  t.match(await verifyAuditLog(service.service.deps, []), { breaks: [] })
})

t.test('nobody changes themselves, and the last admin stays', async (t) => {
  const { service, account, users, add } = await openSite(t)
  const ada = await add('ada', 'admin')
  const own = { status: 403, code: 'own_role' }
  const lower = { body: { role: 'viewer' } }
  const leave = { body: { keys: 'keep' } }
  assertProblem(t, await ada.call('PATCH', `${users}/${ada.userId}`, lower), own, 'lowers itself')
  const left = await ada.call('POST', `${users}/${ada.userId.toUpperCase()}/remove`, leave)
  assertProblem(t, left, own, 'removes itself')
  const { root } = service
  const last = { status: 409, code: 'last_admin' }
  const byKey = () => root.post(`${users}/${ada.userId}/remove`, leave.body)
  assertProblem(t, await byKey(), last, 'removed by a key')
  assertProblem(t, await root.patch(`${users}/${ada.userId}`, lower.body), last, 'lowered by a key')
  const mapped = await signInAs(service, 'eve', [{ accountId: account, role: 'admin' }])
  t.equal((await ada.call('GET', path)).status, 200)
  service.clock.offsetMs = 1
  t.equal((await root.patch(`${users}/${ada.userId}`, lower.body)).status, 200, 'another is there')
  const lastMapped = await root.post(`${users}/${mapped.userId}/remove`, leave.body)
  assertProblem(t, lastMapped, last, 'also if the role was mapped')

  await signInAs(service, 'eve', [{ accountId: account, role: 'viewer' }])
  const eve = await root.get(`${users}/${mapped.userId}`)
  t.equal(eve.body.user.role.name, 'viewer', 'a mapping decides without the rule')
  const cyd = await add('cyd', 'admin')
  const fay = await signInAs(service, 'fay', [{ accountId: account, role: 'admin' }])
  const raw = await connectRaw(t, service.database.url)
  await raw.query(
    `update membership set mapped_until = now() - interval '1 second' where person_id = $1`,
    [fay.userId],
  )
  const lowered = await root.patch(`${users}/${cyd.userId}`, lower.body)
  assertProblem(t, lowered, last, 'a person whose mapped role has ended does not count')
})

t.test('nobody gives or takes a role beyond their own', async (t) => {
  const { account, users, add, root } = await openSite(t)
  const permissions = [
    'account_user:invite',
    'account_user:update',
    'account_user:delete',
    'cluster:read',
  ]
  const weak = await newRole(root, account, 'weak', permissions)
  const reads = await newRole(root, account, 'reads', ['cluster:read'])
  const clerk = await add('clerk', weak)
  const ada = await add('ada', 'admin')
  const bob = await add('bob', reads)
  await add('eve', 'admin')
  const escalation = { status: 403, code: 'escalation' }
  const body = { issuer: testIssuer, subject: 'new', role: 'admin' }
  assertProblem(t, await clerk.call('POST', users, { body }), escalation, 'adds an admin')
  const patch = (id: string, role: string) =>
    clerk.call('PATCH', `${users}/${id}`, { body: { role } })
  assertProblem(t, await patch(bob.userId, 'admin'), escalation, 'makes an admin')
  assertProblem(t, await patch(ada.userId, reads), escalation, 'lowers an admin')
  const remove = (id: string) =>
    clerk.call('POST', `${users}/${id}/remove`, { body: { keys: 'keep' } })
  assertProblem(t, await remove(ada.userId), escalation, 'removes an admin')
  t.equal((await patch(bob.userId, weak)).status, 200)
  t.equal((await remove(bob.userId)).status, 200)
  t.equal((await clerk.call('POST', users, { body: { ...body, role: reads } })).status, 201)
})

t.test('a person is removed with their keys, in one act with one receipt', async (t) => {
  const { service, account, users, keys, add, root } = await openSite(t)
  await add('keeper', 'admin')
  const issue = async (browser: PersonBrowser, name: string) => {
    const body = { name, role: 'viewer', expires_at: null }
    const { body: issued } = await browser.call('POST', keys, { body })
    service.canaries.addToken(issued.token)
    return issued.api_key.id as string
  }
  const ends = { keep: 'active', disable: 'disabled', revoke: 'revoked' } as const
  for (const [then, status] of Object.entries(ends)) {
    const browser = await add(then, 'admin')
    const ids = [await issue(browser, `${then} 1`), await issue(browser, `${then} 2`)]
    const other = await root.call('POST', keys, {
      body: { name: `${then}, of a backend`, role: 'viewer', expires_at: null },
      headers: { 'x-acting-user': browser.userId },
    })
    const shown = await root.get(`${users}/${browser.userId}`)
    t.equal(shown.body.user.key_count, 2, 'counted before')
    const removal = await root.post(`${users}/${browser.userId}/remove`, { keys: then })
    const count = then === 'keep' ? 0 : 2
    t.match(removal.body, { key_count: count, receipt: { state: 'complete' } }, then)
    const again = await root.post(`${users}/${browser.userId}/remove`, { keys: 'revoke' })
    const same = { key_count: 0, receipt: { id: removal.body.receipt.id } }
    t.match(again.body, same, 'who is removed already keeps the same keys')
    for (const id of ids) {
      const { body } = await root.get(`${keys}/${id}`)
      t.equal(body.api_key.status, status, then)
      if (then === 'keep') continue
      const repeated = await root.post(`${keys}/${id}/${then}`, {})
      t.equal(repeated.body.receipt.id, removal.body.receipt.id, 'the receipt of that act')
    }
    const untouched = await root.get(`${keys}/${other.body.api_key.id}`)
    t.equal(untouched.body.api_key.status, 'active', 'nobody verified that it is theirs')
  }
  const none = await add('none', 'viewer')
  const nothing = await root.post(`${users}/${none.userId}/remove`, { keys: 'revoke' })
  t.equal(nothing.body.key_count, 0)
  const idle = await add('idle', 'admin')
  const id = await issue(idle, 'disabled before')
  await root.post(`${keys}/${id}/disable`)
  const disabled = await root.post(`${users}/${idle.userId}/remove`, { keys: 'disable' })
  t.equal(disabled.body.key_count, 0, 'what is disabled already is not counted')
  const events = await root.get(`/v1/accounts/${account}/audit-events?action=api_key.bulk_disabled`)
  t.match(events.body.audit_events, [{ api_keys: { count: 2 }, after: { disabled_at: /^2/ } }])
})

t.test('a repeated request of a person creates a role or a list once', async (t) => {
  const { account, keys, add } = await openSite(t)
  const ada = await add('ada', 'admin')
  const headers = { 'idempotency-key': 'k1' }
  const made = { name: 'made', permissions: ['cluster:read'] }
  const roles = `/v1/accounts/${account}/roles`
  const create = (body: object) => ada.call('POST', roles, { body, headers })
  const first = await create(made)
  t.equal(first.status, 201)
  t.equal((await create(made)).body.role.id, first.body.role.id)
  const faults = [['/idempotency-key', 'same_body']] as const
  const reused = { status: 422, code: 'idempotency_key_reused', faults }
  assertProblem(t, await create({ ...made, name: 'other' }), reused, 'another body')
  const body = { name: 'k', role: 'viewer', expires_at: null }
  const issued = await ada.call('POST', keys, { body, headers })
  const repeated = await ada.call('POST', keys, { body, headers })
  t.equal(repeated.body.api_key.id, issued.body.api_key.id)
  t.equal(repeated.body.token, null)
})

t.test('a mapped role that has ended keeps no role from being deleted', async (t) => {
  const { service, account, root } = await openSite(t, { SESSION_LIFETIME_SECONDS: '60' })
  const role = await newRole(root, account, 'mapped', [])
  const raw = await connectRaw(t, service.database.url)
  await signInAs(service, 'ada', [{ accountId: account, role }])
  await raw.query(`update membership set mapped_until = now() - interval '1 second'`)
  t.equal((await root.delete(`/v1/accounts/${account}/roles/${role}`)).status, 204)
  const users = await root.get(`/v1/accounts/${account}/users`)
  t.same(users.body.users, [])
})

t.test('a key restricted by address adds no right to a role that a person has', async (t) => {
  const { service, account, add, root } = await openSite(t)
  const role = await newRole(root, account, 'held', [])
  await add('ada', role)
  const list = (
    await root.post(`/v1/accounts/${account}/allow-lists`, { name: 'l', entries: ['127.0.0.1'] })
  ).body.allow_list.id
  const bound = await newKey(root, account, { allow_list_ids: [list] })
  const roles = `/v1/accounts/${account}/roles/${role}`
  const body = { name: 'held', permissions: ['cluster:read'] }
  const widened = await service.as(bound.token).put(roles, body)
  assertProblem(t, widened, { status: 403, code: 'escalation' }, 'people act from anywhere')
})

t.test('a forged or idle session of a person authenticates nothing', async (t) => {
  const { service, add } = await openSite(t, { SESSION_IDLE_SECONDS: '60' })
  const ada = await add('ada', 'viewer')
  const tagKey = service.service.deps.keyring.signing
  const { sessionId: id } = ada
  const secret = randomBytes(32)
  const guessed = formatConsoleSecret('user_session', { id, secret, tagKey }).text
  const asKey = formatConsoleSecret('session', { id, secret, tagKey }).text
  const altered = ada.cookie.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
  for (const text of [guessed, asKey, altered, 'usession_x', `${ada.cookie}x`]) {
    const answer = await callWithCookie(service, text, 'GET', path)
    assertProblem(t, answer, unauthenticated, text.slice(0, 12))
  }
  t.equal((await ada.call('GET', '/v1/sessions')).body.sessions.length, 1)
  service.clock.offsetMs = 61_000
  assertProblem(t, await ada.call('GET', path), unauthenticated, 'idle')
})

t.test('no change is committed by a person who is removed while it waits', async (t) => {
  const { service, account, add } = await openSite(t)
  const raw = await connectRaw(t, service.database.url)
  const ada = await add('ada', 'admin')
  await raw.query('begin')
  await raw.query('select from membership for update')
  const change = ada.call('POST', `/v1/accounts/${account}/allow-lists`, {
    body: { name: 'late', entries: ['192.0.2.1'] },
  })
  await untilBlocked(raw)
  await raw.query('update membership set removed_at = now(), live = null')
  await raw.query('commit')
  assertProblem(t, await change, unauthenticated, 'the waiting change')
  const lists = await service.root.get(`/v1/accounts/${account}/allow-lists`)
  t.same(lists.body.allow_lists, [])
})

t.test('nobody is added with a role that is deleted meanwhile', async (t) => {
  const { service, account, users, root } = await openSite(t)
  const raw = await connectRaw(t, service.database.url)
  const role = await newRole(root, account, 'gone', [])
  await raw.query('begin')
  await raw.query('update role set live = false, deleted_at = now() where id = $1', [role])
  const adding = root.post(users, { issuer: testIssuer, subject: 'late', role })
  await untilBlocked(raw)
  await raw.query('commit')
  const faults = [['/role', 'exists']] as const
  const invalid = { status: 400, code: 'invalid_request', faults }
  assertProblem(t, await adding, invalid, 'the role is gone')
  t.same((await root.get(users)).body.users, [])
})
