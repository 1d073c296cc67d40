import t from 'tap'
import { age } from '../helpers/age.ts'
import type { Answer, Api, Json } from '../helpers/api.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { assertInvalid, assertProblem, type FieldRule } from '../helpers/problems.ts'

const office = '203.0.113.7'
const unknownId = '0192f3a4-5b6c-7d8e-9f01-23456789abcd'

const started = await startCheckedService(t)
const { root, as, clock } = started

t.test('an update changes the given fields of a key and no others', async (t) => {
  const { account, keyPath } = await setUp()
  const role = await newRole(root, account, 'reader', ['cluster:read'])
  const list = await newAllowList(root, account, [office])
  const { id, token } = await newKey(root, account, { role: 'viewer', description: 'before' })
  const path = keyPath(id)
  t.match(await root.verify(token), { valid: true, api_key: { role: { name: 'viewer' } } })

  const steps: readonly (readonly [object, object, object])[] = [
    [{ name: 'renamed' }, {}, { valid: true, api_key: { name: 'renamed' } }],
    [{ description: 'after' }, {}, { valid: true }],
    [{ role }, { role: { id: role, name: 'reader' } }, { permissions: ['cluster:read'] }],
    [
      { allow_list_ids: [list] },
      { reach: 'allow_lists', allow_list_ids: [list] },
      { valid: false, reason: 'address_not_allowed' },
    ],
    [{ reach: 'anywhere' }, { reach: 'anywhere', allow_list_ids: [] }, { valid: true }],
    [
      { expires_at: '2040-01-01T00:00:00Z' },
      { expires_at: '2040-01-01T00:00:00.000Z' },
      { valid: true, api_key: { expires_at: '2040-01-01T00:00:00.000Z' } },
    ],
    [{ expires_at: null }, { expires_at: null }, { valid: true, api_key: { expires_at: null } }],
    [{ metadata: { team: 'billing', note: 'a\n"b"' } }, {}, { valid: true }],
    [{ metadata: { team: 'ops' } }, { metadata: { team: 'ops' } }, { valid: true }],
  ]
  let expected: Json = (await root.get(path)).body.api_key
  for (const [given, shown, verdict] of steps) {
    const { status, headers, body } = await patch(root, path, given)
    t.equal(status, 200)
    expected = { ...expected, ...given, ...shown }
    const { last_used_at: _, use_count: __, ...rest } = expected
    t.match(body.api_key, rest, JSON.stringify(given))
    t.match(body.receipt, { state: 'complete' })
    const read = await root.get(path)
    t.same(read.body.api_key, body.api_key, 'and is so when it is read')
    t.equal(read.headers.etag, headers.etag)
    t.match(await root.verify(token), verdict, `and its token, that was hot, is judged by it`)
  }
  t.same((await root.get(path)).body.api_key.metadata, { team: 'ops' })
})

t.test('an update answers with an effective time only if it takes effect later', async (t) => {
  const { account, keyPath } = await setUp()
  const { id } = await newKey(root, account)
  const at = '2040-01-01T00:00:00.000Z'
  const expiring = await patch(root, keyPath(id), { expires_at: at })
  t.equal(expiring.body.receipt.effective_at, at)
  const renamed = await patch(root, keyPath(id), { name: 'n' })
  t.equal(renamed.body.receipt.effective_at, undefined)
})

t.test('an update with an outdated ETag is refused', async (t) => {
  const { account, keyPath } = await setUp()
  const issued = await root.post(`/v1/accounts/${account}/api-keys`, {
    name: 'seen',
    role: 'viewer',
    expires_at: null,
  })
  const path = keyPath(issued.body.api_key.id)
  const act = (verb: string) => root.post(`${path}/${verb}`)
  const tags = [issued.headers.etag]
  for (const change of [
    () => patch(root, path, { name: 'changed' }),
    () => act('disable'),
    () => act('enable'),
  ]) {
    const seen = (await root.get(path)).headers.etag
    t.equal(seen, tags.at(-1), 'a read returns the ETag of the last change')
    t.equal((await root.get(`/v1/api-keys/${issued.body.api_key.id}`)).headers.etag, seen)
    const changed = await change()
    t.equal(changed.status, 200)
    t.notOk(tags.includes(changed.headers.etag), 'each change has a tag of its own')
    tags.push(changed.headers.etag)
  }
  for (const tag of tags.slice(0, -1)) {
    const lost = await patch(root, path, { name: 'lost' }, String(tag))
    assertProblem(t, lost, { status: 412, code: 'precondition_failed' }, String(tag))
  }
  const current = String(tags.at(-1))
  for (const tag of [`W/${current}`, '""', `"other", W/${current}`]) {
    const lost = await patch(root, path, { name: 'lost' }, tag)
    const faults: readonly FieldRule[] = tag.startsWith('W/') ? [['/if-match', 'weak']] : []
    assertProblem(t, lost, { status: 412, code: 'precondition_failed', faults }, tag)
  }
  t.equal((await root.get(path)).body.api_key.name, 'changed', 'and nothing changed')
  for (const [name, tag] of [
    ['by its tag', current],
    ['by any', '*'],
  ] as const) {
    t.equal((await patch(root, path, { name }, tag)).status, 200, name)
  }
  const among = `"other" ,${(await root.get(path)).headers.etag}`
  t.equal((await patch(root, path, { name: 'among several' }, among)).status, 200)
  const same = await patch(root, path, { name: 'among several' })
  t.equal(same.headers.etag, (await root.get(path)).headers.etag, 'no change, no other tag')
  t.match((await as(started.rootToken).get('/v1/me')).headers.etag, /^"0-[\w-]{16}"$/)
})

t.test('giving a key more permissions requires all that it had and will have', async (t) => {
  const { account, keyPath } = await setUp()
  const editorRole = await newRole(root, account, 'e', ['api_key:update', 'cluster:read'])
  const editor = as((await newKey(root, account, { role: editorRole })).token)
  const weak = await newRole(root, account, 'weak', ['cluster:read'])
  const other = await newRole(root, account, 'other', ['role:read'])
  const strong = await newRole(root, account, 'strong', ['backup:delete'])
  const list = await newAllowList(root, account, [office])
  const second = await newAllowList(root, account, ['198.51.100.0/24'])
  const values = { role: strong, allow_list_ids: [list], expires_at: '2040-01-01T00:00:00Z' }
  const stronger = keyPath((await newKey(root, account, values)).id)
  const equal = keyPath((await newKey(root, account, { ...values, role: weak })).id)

  for (const [name, given] of [
    ['a role that gives no more than its author has', { role: weak }],
    ['a later expiry', { expires_at: '2041-01-01T00:00:00Z' }],
    ['no expiry', { expires_at: null }],
    ['a reach of anywhere', { reach: 'anywhere' }],
    ['one more list', { allow_list_ids: [list, second] }],
    ['another list', { allow_list_ids: [second] }],
  ] as const) {
    t.match(await patch(editor, stronger, given), escalation, `${name}, to a stronger key`)
  }
  for (const [name, given] of [
    ['a name', { name: 'new name' }],
    ['a description and metadata', { description: 'd', metadata: { a: 'b' } }],
  ] as const) {
    t.equal((await patch(editor, stronger, given)).status, 200, `${name}, to a stronger key`)
  }
  t.match(await patch(editor, equal, { role: strong }), escalation, 'a stronger role')
  t.equal((await patch(editor, equal, { role: other })).status, 200, 'one that it holds')
  t.equal((await patch(editor, equal, { role: weak, expires_at: null })).status, 200)
  t.equal((await patch(editor, equal, { reach: 'anywhere' })).status, 200)
  t.equal((await patch(editor, equal, { allow_list_ids: [list] })).status, 200)

  const viewer = as((await newKey(root, account, { role: 'viewer' })).token)
  t.match(await patch(viewer, equal, { name: 'x' }, '*'), {
    status: 403,
    body: { code: 'permission_denied' },
  })
})

t.test('a caller restricted by address cannot widen the reach of a key', async (t) => {
  const { account, keyPath } = await setUp()
  const own = await newAllowList(root, account, [office])
  const other = await newAllowList(root, account, ['198.51.100.0/24'])
  const bound = await newKey(root, account, { allow_list_ids: [own] })
  const path = keyPath((await newKey(root, account, { allow_list_ids: [own] })).id)
  const free = keyPath((await newKey(root, account)).id)
  const set = (target: string, given: object) =>
    as(bound.token).call('PATCH', target, {
      body: given,
      headers: { 'if-match': '*' },
      remoteAddress: office,
    })

  t.match(await set(path, { reach: 'anywhere' }), escalation)
  t.match(await set(path, { allow_list_ids: [own, other] }), escalation)
  t.match(await set(keyPath(bound.id), { reach: 'anywhere' }), escalation, 'its own neither')
  t.match(await set(free, { role: 'viewer' }), escalation, 'nor what is used from elsewhere')
  t.equal((await set(path, { role: 'viewer', expires_at: '2040-01-01T00:00:00Z' })).status, 200)
  t.equal((await set(path, { expires_at: null })).status, 200, 'more time, within its own reach')
  t.equal((await set(free, { allow_list_ids: [other] })).status, 200, 'it may disable the key')
})

t.test('renaming a key to a live name is refused, and to an expired name allowed', async (t) => {
  const { account, keyPath } = await setUp()
  await newKey(root, account, { name: 'living' })
  const soon = new Date(Date.now() + 60_000).toISOString()
  const mortal = await newKey(root, account, { name: 'mortal', expires_at: soon })
  const path = keyPath((await newKey(root, account)).id)
  assertProblem(
    t,
    await patch(root, path, { name: 'living' }),
    { status: 409, code: 'name_taken', faults: [['/name', 'unique']] },
    'of a living one',
  )
  clock.offsetMs = 61_000
  await age(started.database.url, 61_000)
  t.equal((await patch(root, path, { name: 'mortal' })).status, 200)
  const expired = await patch(root, keyPath(mortal.id), { description: 'what it was for' })
  t.match(expired, { status: 200, body: { api_key: { name: 'mortal', status: 'expired' } } })
  clock.offsetMs = 0
})

t.test('an update does not revive a key that has ended', async (t) => {
  const { account, keyPath } = await setUp()
  const revoked = keyPath((await newKey(root, account)).id)
  await root.post(`${revoked}/revoke`)
  const ended = await patch(root, revoked, { name: 'x' })
  assertProblem(t, ended, { status: 409, code: 'key_revoked' }, 'a revoked key')
  const soon = new Date(Date.now() + 60_000).toISOString()
  const expired = keyPath((await newKey(root, account, { expires_at: soon })).id)
  clock.offsetMs = 61_000
  for (const expires_at of [null, '2040-01-01T00:00:00Z']) {
    const late = await patch(root, expired, { expires_at })
    assertProblem(t, late, { status: 409, code: 'key_expired' }, 'an expiry that has passed')
  }
  clock.offsetMs = 0
})

t.test('bad key updates are refused with the field and the rule', async (t) => {
  const { account, keyPath } = await setUp()
  const list = await newAllowList(root, account, [office])
  const path = keyPath((await newKey(root, account)).id)
  const restricted = keyPath((await newKey(root, account, { allow_list_ids: [list] })).id)
  const before = [await root.get(path), await root.get(restricted)].map(({ body }) => body)
  const past = new Date(Date.now() - 1).toISOString()
  const rows: readonly [string, object, readonly FieldRule[]][] = [
    ['no lists', { allow_list_ids: [] }, [['/allow_list_ids', 'minItems']]],
    [
      'lists and anywhere',
      { allow_list_ids: [list], reach: 'anywhere' },
      [['/allow_list_ids', 'contradiction']],
    ],
    ['a reach without lists', { reach: 'allow_lists' }, [['/allow_list_ids', 'required']]],
    ['no reach', { reach: 'nowhere' }, [['/reach', 'enum']]],
    ['an unknown list', { allow_list_ids: [unknownId] }, [['/allow_list_ids/0', 'exists']]],
    ['an unknown role', { role: 'nobody' }, [['/role', 'exists']]],
    ['half a character in a role', { role: '\ud800' }, [['/role', 'exists']]],
    ['an expiry in the past', { expires_at: past }, [['/expires_at', 'future']]],
    ['a leap second', { expires_at: '2040-06-30T23:59:60Z' }, [['/expires_at', 'date-time']]],
    ['null for a name', { name: null }, [['/name', 'type']]],
    ['a name with a space after', { name: 'a ' }, [['/name', 'outer_space']]],
    ['a bell in a description', { description: '\u0007' }, [['/description', 'control_character']]],
    ['an unknown field', { status: 'active' }, [['/status', 'unknown_field']]],
    ['metadata that is a list', { metadata: ['a'] }, [['/metadata', 'type']]],
    ['a number in metadata', { metadata: { a: 1 } }, [['/metadata/a', 'type']]],
    ['a map in metadata', { metadata: { a: { b: 'c' } } }, [['/metadata/a', 'type']]],
    ['metadata too large', { metadata: { a: 'x'.repeat(4089) } }, [['/metadata', 'max_bytes']]],
    [
      'metadata too large in UTF-8',
      { metadata: { a: '\u00e9'.repeat(2045) } },
      [['/metadata', 'max_bytes']],
    ],
    ['an empty name in metadata', { metadata: { '': 'a' } }, [['/metadata/', 'empty']]],
    ['NUL in metadata', { metadata: { 'a/~': '\0' } }, [['/metadata/a~1~0', 'control_character']]],
    ['half a character', { metadata: { a: '\ud800' } }, [['/metadata/a', 'lone_surrogate']]],
  ]
  for (const [name, given, faults] of rows) {
    assertInvalid(t, await patch(root, path, given), faults, name)
  }
  const issue = { name: 'm', role: 'viewer', expires_at: null, metadata: { a: 1 } }
  const posted = await root.post(`/v1/accounts/${account}/api-keys`, issue)
  assertInvalid(t, posted, [['/metadata/a', 'type']], 'metadata of a new key')
  for (const tag of ['', ' ', 'abc', '"abc', 'abc"', '*,*', '"a" "b"', 'w/"a"', '"a b"', ',']) {
    const answer = await patch(root, path, { name: 'x' }, tag)
    assertInvalid(t, answer, [['/if-match', 'entity_tag']], `If-Match: ${tag}`)
  }
  assertProblem(
    t,
    await root.patch(path, { name: 'x' }),
    { status: 428, code: 'precondition_required', faults: [['/if-match', 'required']] },
    'no If-Match',
  )
  assertProblem(t, await patch(root, keyPath(unknownId), {}, '*'), notThere, 'an unknown key')
  const after = [await root.get(path), await root.get(restricted)].map(({ body }) => body)
  t.same(after, before)
})

t.test('metadata is stored and returned as given, up to its size limit', async (t) => {
  const { account, keyPath } = await setUp()
  const metadata = { 'a/b': '', cost_center: '42', note: ' \u{1f511}\n\tand "more" \\ ' }
  const { id, body } = await newKey(root, account, { metadata })
  t.same(body.metadata, metadata)
  for (const largest of [{ a: 'x'.repeat(4088) }, { a: '\u00e9'.repeat(2044) }, {}]) {
    t.equal((await patch(root, keyPath(id), { metadata: largest })).status, 200)
    t.same((await root.get(keyPath(id))).body.api_key.metadata, largest)
  }
  t.same((await newKey(root, account)).body.metadata, {}, 'none unless given')
})

const escalation = { status: 403, body: { code: 'escalation' } }
const notThere = { status: 404, code: 'not_found' }

async function setUp() {
  const account = await newAccount(root)
  return { account, keyPath: (id: string) => `/v1/accounts/${account}/api-keys/${id}` }
}

/** Changes a key as it is, unless another state is named. */
async function patch(api: Api, path: string, body: object, ifMatch?: string): Promise<Answer> {
  const tag = ifMatch ?? String((await root.get(path)).headers.etag)
  return api.call('PATCH', path, { body, headers: { 'if-match': tag } })
}
