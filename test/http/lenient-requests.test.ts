/** What clients that are made from the OpenAPI document send, and what they can rely on. */
import t from 'tap'
import type { Api } from '../helpers/api.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { assertInvalid, assertProblem } from '../helpers/problems.ts'

const { root, as } = await startCheckedService(t)
const { body: document } = await root.get('/openapi.json')
const jsonNull = { raw: { type: 'application/json', text: 'null' } }

t.test('null as a body that may be absent is the absent body', async (t) => {
  const account = await newAccount(root)
  const { id } = await newKey(root, account)
  const list = await newAllowList(root, account, ['10.0.0.0/8'])
  const key = `/v1/accounts/${account}/api-keys/${id}`
  const acts = [
    ['PATCH', key],
    ['POST', `${key}/explain`],
    ['POST', `${key}/disable`],
    ['POST', `${key}/enable`],
    ['POST', `${key}/revoke`],
    ['PATCH', `/v1/accounts/${account}/allow-lists/${list}`],
  ] as const
  t.same(acts.map(([method, path]) => `${method} ${templateOf(path)}`).sort(), optionalBodies())
  for (const [method, path] of acts) {
    const headers = method === 'PATCH' ? { 'if-match': '*' } : {}
    const answer = await root.call(method, path, { ...jsonNull, headers })
    t.equal(answer.status, 200, `${method} ${path}`)
  }
  for (const path of [`${key}/rotate`, '/v1/me/rotate']) {
    const answer = await root.call('POST', path, jsonNull)
    assertInvalid(t, answer, [['/overlap_seconds', 'required']], 'this body says what it needs')
    const { required } = document.paths[templateOf(path)].post.requestBody
    t.equal(required, true, `the document requires the body of ${path}`)
  }
  const required = [['', 'required']] as const
  for (const path of [`/v1/accounts/${account}/api-keys`, '/v1/verify', '/v1/accounts']) {
    for (const text of ['', 'null']) {
      const answer = await root.call('POST', path, { raw: { type: 'application/json', text } })
      assertInvalid(t, answer, required, `${path} ${text}`)
      t.equal(answer.body.errors[0].message, 'The body is missing.')
    }
    assertInvalid(t, await root.call('POST', path), required, `${path} without a body`)
  }
})

t.test('a name, an id or a state that is given twice counts once', async (t) => {
  const account = await newAccount(root)
  const role = await newRole(root, account, 'reader', ['cluster:read'])
  const list = await newAllowList(root, account, ['10.0.0.0/8'])
  const { id, token } = await newKey(root, account, { role })
  const keys = `/v1/accounts/${account}/api-keys`
  const permissions = ['cluster:read', 'cluster:read']
  t.match((await root.post('/v1/verify', { token, permissions })).body, { valid: true })
  t.match((await root.post(`${keys}/${id}/explain`, { permissions })).body, {
    explanation: { valid: true },
  })
  const lacking = { permissions: ['cluster:delete', 'cluster:delete'] }
  const { explanation } = (await root.post(`${keys}/${id}/explain`, lacking)).body
  t.same(explanation.missing_permissions, ['cluster:delete'])
  const twice = await root.get(`${keys}?status=active,active`)
  t.same(twice.body.api_keys, (await root.get(`${keys}?status=active`)).body.api_keys)
  const headers = { 'if-match': '*' }
  const body = { allow_list_ids: [list, list] }
  const changed = await root.call('PATCH', `${keys}/${id}`, { body, headers })
  t.same(changed.body.api_key.allow_list_ids, [list])
  const lists = `/v1/accounts/${account}/allow-lists`
  const entries = ['10.0.0.1', '10.0.0.1/32', '10.0.0.1', '2001:db8::1', '2001:db8::1']
  const created = await root.post(lists, { name: 'twice', entries })
  const once = ['10.0.0.1', '10.0.0.1/32', '2001:db8::1']
  t.same(created.body.allow_list.entries, once, 'and an entry, in the order of the first ones')
  const path = `${lists}/${created.body.allow_list.id}`
  const updated = await root.patch(path, { entries: [...once, ...once.toReversed()] })
  t.same(updated.body.allow_list, created.body.allow_list, 'nothing changed')
})

t.test('null for a list or a map of an update leaves it unchanged', async (t) => {
  const account = await newAccount(root)
  const list = await newAllowList(root, account, ['10.0.0.0/8'])
  const lists = [list, list]
  const { id, body } = await newKey(root, account, { allow_list_ids: lists, metadata: { a: '1' } })
  t.same(body.allow_list_ids, [list], 'a repeated id counts once')
  const key = `/v1/accounts/${account}/api-keys/${id}`
  const nothing = { allow_list_ids: null, metadata: null }
  const headers = { 'if-match': '*' }
  const left = await root.call('PATCH', key, { body: { ...nothing, name: 'other' }, headers })
  const { name, allow_list_ids, metadata } = left.body.api_key
  t.same(
    { name, allow_list_ids, metadata },
    { name: 'other', allow_list_ids: [list], metadata: { a: '1' } },
  )
  const wiped = await root.call('PATCH', key, { body: { metadata: {} }, headers })
  t.same(wiped.body.api_key.metadata, {}, 'an empty map replaces the map')
  const path = `/v1/accounts/${account}/allow-lists/${list}`
  const changed = await root.patch(path, { description: 'ten', entries: null })
  t.match(changed.body.allow_list, { description: 'ten', entries: ['10.0.0.0/8'] })
})

t.test('wait_ms counts in the query and in the body, and must be the same in both', async (t) => {
  const account = await newAccount(root)
  const role = await newRole(root, account, 'waiter', ['cluster:read'])
  const list = await newAllowList(root, account, ['10.0.0.0/8'])
  const { id } = await newKey(root, account)
  const base = `/v1/accounts/${account}`
  const definition = { name: 'waiter', permissions: ['cluster:read'] }
  const acts: readonly [string, string, object][] = [
    ['POST', `${base}/api-keys/${id}/disable`, {}],
    ['POST', `${base}/api-keys/${id}/enable`, {}],
    ['POST', `${base}/api-keys/${id}/rotate`, { overlap_seconds: 0 }],
    ['PATCH', `${base}/api-keys/${id}`, { description: 'd' }],
    ['PATCH', `${base}/allow-lists/${list}`, { description: 'd' }],
    ['PUT', `${base}/roles/${role}`, definition],
    ['POST', `${base}/api-keys/revoke`, { filter: { name_prefix: 'none' } }],
    ['POST', `/v1/api-keys/revoke`, { filter: { name_prefix: 'none' } }],
    ['POST', '/v1/me/rotate', { overlap_seconds: 0 }],
    ['POST', `${base}/api-keys/${id}/revoke`, {}],
  ]
  const itself = as((await newKey(root, account)).token)
  for (const [method, path, body] of acts) {
    const send = (query: string, wait: object) =>
      (path.startsWith('/v1/me/') ? itself : root).call(method as 'POST', path + query, {
        body: { ...body, ...wait },
        // Other operations refuse the condition.
        headers: method === 'POST' ? {} : { 'if-match': '*' },
      })
    assertInvalid(t, await send('?wait_ms=-1', {}), [['/wait_ms', 'minimum']], `${path}, query`)
    assertInvalid(t, await send('', { wait_ms: -1 }), [['/wait_ms', 'minimum']], `${path}, body`)
    const both = await send('?wait_ms=0', { wait_ms: 30_000 })
    assertInvalid(t, both, [['/wait_ms', 'same_value', 'body']], `${path}, two values`)
    t.ok((await send('?wait_ms=0', { wait_ms: 0 })).status < 300, path)
  }
  for (const path of ['/v1/session', `/v1/sessions/${id}`]) {
    const answer = await root.call('DELETE', `${path}?wait_ms=-1`)
    assertInvalid(t, answer, [['/wait_ms', 'minimum']], `DELETE ${path}, which has no body`)
  }
  const create = await root.post(`${base}/roles`, { ...definition, name: 'x', wait_ms: 0 })
  assertInvalid(t, create, [['/wait_ms', 'unknown_field']], 'a new role has no receipt')
})

t.test('an operation without a body refuses fields, and takes an empty body', async (t) => {
  const account = await newAccount(root)
  const base = `/v1/accounts/${account}`
  const list = await newAllowList(root, account, ['10.0.0.1'])
  const role = await newRole(root, account, 'reader', ['cluster:read'])
  const { id } = await newKey(root, account)
  const native = [
    ['DELETE', `${base}/allow-lists/${list}`],
    ['DELETE', `${base}/roles/${role}`],
    ['POST', `${base}/invitations/${id}/resend`],
  ] as const
  for (const [method, path] of native) {
    const answer = await root.call(method, path, { body: { reason: 'old', 'a/b': 1 } })
    const faults = ['/reason', '/a~1b'].map((field) => [field, 'unknown_field'] as const)
    assertInvalid(t, answer, faults, `${method} ${path}`)
    const { message } = answer.body.errors[0]
    t.equal(message, 'The field does not exist: the operation has no fields.')
    assertInvalid(t, await root.call(method, path, { body: [1] }), [['', 'type']], `${path} [1]`)
  }
  t.equal((await root.call('DELETE', `${base}/roles/${role}`, jsonNull)).status, 204)
  t.equal((await root.call('DELETE', `${base}/allow-lists/${list}`, { body: {} })).status, 204)
})

t.test('name and name_prefix select the same keys', async (t) => {
  const account = await newAccount(root)
  for (const name of ['ci one', 'ci two', 'nightly']) await newKey(root, account, { name })
  const keys = `/v1/accounts/${account}/api-keys`
  const named = async (query: string) => {
    const { body } = await root.get(`${keys}?sort=name&${query}`)
    return body.api_keys.map((key: { name: string }) => key.name)
  }
  for (const query of ['name_prefix=ci', 'name=ci', 'name=ci&name_prefix=ci']) {
    t.same(await named(query), ['ci one', 'ci two'], query)
  }
  for (const path of [`${keys}?`, `${keys}/export?format=csv&`]) {
    const both = await root.get(`${path}name=ci&name_prefix=n`)
    assertInvalid(t, both, [['/name', 'same_value', 'query']], `two prefixes: ${path}`)
  }
})

t.test('a repeated request creates no other role, list or account', async (t) => {
  const account = await newAccount(root)
  const base = `/v1/accounts/${account}`
  const kinds = [
    {
      path: `${base}/roles`,
      field: 'role',
      counted: true,
      body: { name: 'r', permissions: ['cluster:read'] },
    },
    {
      path: `${base}/allow-lists`,
      field: 'allow_list',
      counted: true,
      body: { name: 'l', entries: ['::1'] },
    },
    { path: '/v1/accounts', field: 'account', counted: false, body: { name: 'Once' } },
  ]
  for (const { path, field, counted, body } of kinds) {
    const first = await send(root, path, body, 'k')
    t.equal(first.status, 201, field)
    const made = first.body[field]
    t.equal(first.headers.location, `${path}/${made.id}`)
    // Counts of keys are only in answers that list or get.
    const {
      key_count: keyCount,
      user_count: _,
      ...read
    } = (await root.get(`${path}/${made.id}`)).body[field]
    t.same({ keyCount, read }, { keyCount: counted ? 0 : undefined, read: made })
    const again = await send(root, path, body, 'k')
    t.match(again, { status: 201, headers: { 'idempotent-replayed': 'true' } })
    t.equal(again.headers.location, first.headers.location)
    t.same(again.body, first.body)
    const reused = {
      status: 422,
      code: 'idempotency_key_reused',
      faults: [['/idempotency-key', 'same_body']],
    } as const
    assertProblem(
      t,
      await send(root, path, { ...body, name: 'other' }, 'k'),
      reused,
      'another body',
    )
    const other = await send(root, path, { ...body, name: 'another' }, 'k2')
    t.equal(other.status, 201)
    t.not(other.body[field].id, made.id)
  }
  const id = '0190a7c4-5f6e-7abc-8def-0123456789ab'
  for (const given of [id.toUpperCase(), id]) {
    const made = await send(root, '/v1/accounts', { name: 'By its id', id: given }, 'k3')
    t.same([made.status, made.body.account.id], [201, id], 'ids are equal in any case')
  }
  const admin = as((await newKey(root, account)).token)
  const { path, body } = kinds[0] ?? { path: '', body: {} }
  const taken = await send(admin, path, body, 'k')
  t.match(taken, { status: 409, body: { code: 'name_taken' } }, 'keys are of one author')
  const elsewhere = `/v1/accounts/${await newAccount(root)}/roles`
  const there = await send(root, elsewhere, body, 'k')
  t.match(there, { status: 201, body: { role: { name: 'r' } } }, 'and of one account')
  t.equal(there.headers['idempotent-replayed'], undefined)
  await root.call('DELETE', there.headers.location as string)
  assertProblem(
    t,
    await send(root, elsewhere, body, 'k'),
    { status: 404, code: 'not_found' },
    'deleted',
  )
})

t.test('an answer 201 names the path of what was created', async (t) => {
  const account = await newAccount(root)
  const keys = `/v1/accounts/${account}/api-keys`
  const issued = await root.post(keys, { name: 'k', role: 'admin', expires_at: null })
  const { id } = issued.body.api_key
  t.equal(issued.headers.location, `${keys}/${id}`)
  const rotated = await root.post(`${keys}/${id}/rotate`, { overlap_seconds: 0 })
  t.equal(rotated.headers.location, `${keys}/${id}`)
  const own = await as(rotated.body.token).post('/v1/me/rotate', { overlap_seconds: 0 })
  t.equal(own.headers.location, `${keys}/${id}`)
})

function send(api: Api, path: string, body: object, key: string) {
  return api.call('POST', path, { body, headers: { 'idempotency-key': key } })
}

function templateOf(path: string): string {
  return path.replace(
    /accounts\/[^/]+\/(api-keys|allow-lists)\/[^/]+/,
    'accounts/{account_id}/$1/{id}',
  )
}

/** The operations whose body may be absent, by the document. */
function optionalBodies(): string[] {
  return Object.entries<Record<string, { requestBody?: { required?: boolean } }>>(document.paths)
    .flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([, { requestBody }]) => requestBody !== undefined && requestBody.required !== true)
        .map(([method]) => `${method.toUpperCase()} ${path}`),
    )
    .sort()
}
