/** A request that comes again by its Idempotency-Key does nothing again. */
import t from 'tap'
import { pruneIdempotentRequests } from '../../src/acts/idempotency.ts'
import { age } from '../helpers/age.ts'
import type { Api } from '../helpers/api.ts'
import { countEvents } from '../helpers/audit-log.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { assertInvalid, assertProblem } from '../helpers/problems.ts'

const dayMs = 86_400_000
const started = await startCheckedService(t)
const { root, as, clock, service } = started
const raw = await connectRaw(t, started.database.url)

t.afterEach(() => {
  clock.offsetMs = 0
})

t.test('a repeated issue request issues no other key', async (t) => {
  const account = await newAccount(root)
  const keys = `/v1/accounts/${account}/api-keys`
  const expires_at = new Date(Date.now() + 60_000).toISOString()
  const body = { name: 'once', role: 'viewer', expires_at, metadata: { a: '1', b: '2' } }
  const first = await send(root, keys, body, 'k1')
  t.equal(first.status, 201)
  t.match(first.body, { generation: 1, token: String })
  t.equal(first.headers['idempotent-replayed'], undefined)
  const events = await countEvents(raw)
  const inAnotherOrder = {
    metadata: { b: '2', a: '1' },
    expires_at,
    role: 'viewer',
    name: 'once',
  }
  for (const again of [body, inAnotherOrder]) {
    const { status, headers, body: repeated } = await send(root, keys, again, 'k1')
    t.equal(status, 201)
    t.equal(headers['idempotent-replayed'], 'true')
    t.equal(headers['cache-control'], 'no-store')
    t.equal(headers.etag, first.headers.etag)
    t.same(repeated, { api_key: first.body.api_key, generation: 1, token: null })
  }
  t.equal(await countEvents(raw), events)
  t.equal((await root.get(keys)).body.api_keys.length, 1)
  t.match(await root.verify(first.body.token), { valid: true }, 'and no token ends by it')

  await root.post(`${keys}/${first.body.api_key.id}/rotate`, { overlap_seconds: 0 })
  await root.post(`${keys}/${first.body.api_key.id}/revoke`)
  clock.offsetMs = 61_000
  const later = await send(root, keys, body, 'k1')
  t.match(later, { status: 201, body: { generation: 1, token: null } }, 'whatever came since')
  t.match(later.body.api_key, { status: 'revoked', generation: 2 })
  for (const other of [
    { ...body, name: 'twice' },
    { ...body, metadata: {} },
    { ...body, expires_at: null },
  ]) {
    assertProblem(t, await send(root, keys, other, 'k1'), reused, 'another body')
  }
  const another = await send(root, keys, { ...body, expires_at: null }, 'k2')
  t.match(another, { status: 201, body: { token: String } }, 'under another key it is another')
})

t.test('a repeated rotation request ends no token', async (t) => {
  const account = await newAccount(root)
  const { id, token } = await newKey(root, account)
  const path = `/v1/accounts/${account}/api-keys/${id}/rotate`
  const body = { overlap_seconds: 60 }
  const first = await send(root, path, body, 'k')
  const next = first.body.token
  t.match(await root.verify(next), { valid: true })
  const events = await countEvents(raw)
  const again = await send(root, path, body, 'k')
  t.match(again, { status: 201, body: { generation: 2, token: null } })
  t.equal(again.headers['idempotent-replayed'], 'true')
  t.same(again.body.receipt.revision, first.body.receipt.revision)
  t.equal(await countEvents(raw), events)
  for (const one of [token, next]) t.match(await root.verify(one), { valid: true })
  assertProblem(t, await send(root, path, { overlap_seconds: 61 }, 'k'), reused, 'another body')

  const third = await send(root, path, { overlap_seconds: 60, end_overlap: true }, 'k3')
  t.match(third, { status: 201, body: { generation: 3 } })
  t.match(await send(root, path, body, 'k'), { body: { generation: 2, token: null } })
  for (const one of [next, third.body.token]) t.match(await root.verify(one), { valid: true })

  const recovery = { if_generation: 3, only_if_unused: true }
  const used = await send(root, path, recovery, 'k4')
  assertProblem(t, used, { status: 409, code: 'generation_used' }, 'who used it has it')
  assertProblem(
    t,
    await send(root, path, recovery, 'k4'),
    { status: 409, code: 'generation_used' },
    'a refusal is no record',
  )
})

t.test('after a lost token was replaced the delayed first request changes nothing', async (t) => {
  const account = await newAccount(root)
  const keys = `/v1/accounts/${account}/api-keys`
  const body = { name: 'lost', role: 'viewer', expires_at: null }
  const lost = await send(root, keys, body, 'k')
  const again = await send(root, keys, body, 'k')
  t.equal(again.body.token, null)
  const path = `${keys}/${again.body.api_key.id}/rotate`
  const recovery = { if_generation: again.body.generation, only_if_unused: true }
  const found = await send(root, path, recovery, 'r')
  t.match(found, { status: 201, body: { generation: 2, token: String } })
  t.match(await root.verify(lost.body.token), { reason: 'rotated' })
  t.match(await send(root, keys, body, 'k'), { status: 201, body: { generation: 1, token: null } })
  t.match(await send(root, path, recovery, 'r'), { body: { generation: 2, token: null } })
  t.match(await root.verify(found.body.token), { valid: true, generation: 2 })
})

t.test('a key that rotates itself may repeat the request with either token', async (t) => {
  const account = await newAccount(root)
  const { token } = await newKey(root, account)
  const body = { overlap_seconds: 60 }
  const first = await send(as(token), '/v1/me/rotate', body, 'k')
  t.match(first, { status: 201, body: { generation: 2, token: String } })
  for (const one of [token, first.body.token]) {
    const again = await send(as(one), '/v1/me/rotate', body, 'k')
    t.match(again, { status: 201, body: { generation: 2, token: null } })
  }
})

t.test('an Idempotency-Key is scoped to principal, account and route', async (t) => {
  const account = await newAccount(root)
  const other = await newAccount(root)
  const author = as((await newKey(root, account, { name: 'author' })).token)
  const keysOf = (id: string) => `/v1/accounts/${id}/api-keys`
  const user = (id: string) => ({ 'x-acting-user': id })
  const body = { name: 'n', role: 'viewer', expires_at: null }
  const first = await send(root, keysOf(account), body, 'k')
  t.equal((await send(root, keysOf(other), body, 'k')).body.token?.length > 0, true, 'the account')
  const taken = { status: 409, code: 'name_taken', faults: [['/name', 'unique']] } as const
  assertProblem(t, await send(author, keysOf(account), body, 'k'), taken, 'the key')
  assertProblem(t, await send(root, keysOf(account), body, 'k', user('u1')), taken, 'the user')
  const named = { ...body, name: 'for a user' }
  t.equal((await send(root, keysOf(account), named, 'u', user('u1'))).status, 201)
  const again = await send(root, keysOf(account), named, 'u', user('u1'))
  t.equal(again.headers['idempotent-replayed'], 'true')
  const { id } = first.body.api_key
  const second = (await newKey(root, account)).id
  for (const key of [id, second]) {
    const rotated = await send(
      root,
      `${keysOf(account)}/${key}/rotate`,
      { overlap_seconds: 0 },
      'k',
    )
    t.match(rotated, { status: 201, body: { generation: 2, token: String } }, 'the route')
  }
  const hint = first.body.api_key.hint
  const byHint = await send(root, `${keysOf(account)}/${hint}/rotate`, { overlap_seconds: 0 }, 'k')
  t.match(byHint.body, { token: null }, 'however the key is named')
})

t.test('a repeated request is authorized by the current rights of its author', async (t) => {
  const account = await newAccount(root)
  const keys = `/v1/accounts/${account}/api-keys`
  const permissions = ['api_key:create', 'api_key:rotate', 'cluster:read']
  const role = await newRole(root, account, 'author', permissions)
  const weak = await newRole(root, account, 'weak', ['cluster:read'])
  const list = await newAllowList(root, account, ['10.0.0.0/8'])
  const author = as((await newKey(root, account, { role, name: 'author' })).token)
  const body = { name: 'n', role: weak, expires_at: null, allow_list_ids: [list] }
  const { id } = (await send(author, keys, body, 'k')).body.api_key
  const rotation = { overlap_seconds: 0 }
  t.equal((await send(author, `${keys}/${id}/rotate`, rotation, 'k')).status, 201)
  const set = (name: string, given: string[], of: string) =>
    root.put(`/v1/accounts/${account}/roles/${of}`, { name, permissions: given })

  await set('weak', ['cluster:read', 'backup:delete'], weak)
  for (const [path, sent] of [
    [keys, body],
    [`${keys}/${id}/rotate`, rotation],
  ] as const) {
    const refused = await send(author, path, sent, 'k')
    assertProblem(t, refused, { status: 403, code: 'escalation' }, 'what the key may do now')
  }
  await set('author', ['cluster:read'], role)
  const denied = await send(author, keys, body, 'k')
  assertProblem(t, denied, { status: 403, code: 'permission_denied' }, 'what the author may do')
})

t.test('an idempotency record counts for 24 hours and is deleted afterwards', async (t) => {
  const account = await newAccount(root)
  const { id } = await newKey(root, account)
  const path = `/v1/accounts/${account}/api-keys/${id}/rotate`
  const body = { overlap_seconds: 0 }
  await raw.query('delete from idempotent_request')
  for (const key of ['a', 'b']) t.equal((await send(root, path, body, key)).status, 201)
  const records = async () => (await raw.query('select from idempotent_request')).rowCount ?? 0
  t.match(await send(root, path, body, 'k'), { body: { generation: 4, token: String } })
  await age(started.database.url, dayMs - 60_000)
  t.match(await send(root, path, body, 'k'), { body: { generation: 4, token: null } })
  t.equal(await pruneIdempotentRequests(service.deps), 0)
  await age(started.database.url, 61_000)
  const anew = await send(root, path, body, 'k')
  t.match(anew, { status: 201, body: { generation: 5, token: String } })
  t.match(await send(root, path, body, 'k'), { body: { generation: 5, token: null } })
  t.equal(await pruneIdempotentRequests(service.deps), 2, 'the other two')
  t.equal(await records(), 1)
  await age(started.database.url, 2 * dayMs)
  t.equal(await pruneIdempotentRequests(service.deps), 1)
})

t.test('an Idempotency-Key is 1 to 255 characters', async (t) => {
  const account = await newAccount(root)
  const { id, token } = await newKey(root, account)
  const path = `/v1/accounts/${account}/api-keys`
  const issue = { name: 'x', role: 'viewer', expires_at: null }
  const rotation = { overlap_seconds: 0 }
  for (const [api, route, body] of [
    [root, path, issue],
    [root, `${path}/${id}/rotate`, rotation],
    [as(token), '/v1/me/rotate', rotation],
  ] as const) {
    const empty = await send(api, route, body, '')
    assertInvalid(t, empty, [['/idempotency-key', 'minLength']], `${route}: empty`)
    const long = await send(api, route, body, 'x'.repeat(256))
    assertInvalid(t, long, [['/idempotency-key', 'maxLength']], `${route}: too long`)
  }
  t.match(await root.verify(token), { valid: true }, 'and nothing changed')
  t.equal((await root.get(path)).body.api_keys.length, 1)
  const longest = await send(root, path, issue, '~'.repeat(255))
  t.equal(longest.status, 201)
  const bad = await send(root, path, { ...issue, name: ' ' }, 'bad')
  assertInvalid(t, bad, [['/name', 'outer_space']], 'a bad request is refused, and no record')
  t.equal((await send(root, path, { ...issue, name: 'y' }, 'bad')).status, 201)
})

const reused = {
  status: 422,
  code: 'idempotency_key_reused',
  faults: [['/idempotency-key', 'same_body']],
} as const

function send(api: Api, path: string, body: object, key: string, headers: object = {}) {
  return api.call('POST', path, { body, headers: { 'idempotency-key': key, ...headers } })
}
