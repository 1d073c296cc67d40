import { type Test, test } from 'tap'
import type { Answer, Api, Json } from '../helpers/api.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { assertInvalid, assertProblem, type FieldRule } from '../helpers/problems.ts'

const unknownId = '0192f3a4-5b6c-7d8e-9f01-23456789abcd'
const goodKey = { name: 'a key', role: 'viewer', expires_at: null }
const goodRole = { name: 'a role', permissions: [] }
const goodList = { name: 'a list', entries: ['10.0.0.0/8'] }

/** An account with one key, role and list, which the tests try to change by bad requests. */
interface World {
  readonly root: Api
  readonly admin: Api
  readonly account: string
  readonly otherAccount: string
  readonly keys: string
  readonly roles: string
  readonly lists: string
  readonly key: string
  readonly role: string
  readonly list: string
}

test('the native API refuses bad input with a code, the field and the rule', async (t) => {
  const { root, as } = await startCheckedService(t)
  const account = await newAccount(root)
  const path = `/v1/accounts/${account}`
  const admin = as((await newKey(root, account)).token)
  const externals: World = {
    root,
    admin,
    account,
    otherAccount: await newAccount(root, 'Other'),
    keys: `${path}/api-keys`,
    roles: `${path}/roles`,
    lists: `${path}/allow-lists`,
    key: `${path}/api-keys/${(await newKey(admin, account, { name: 'present' })).id}`,
    role: `${path}/roles/${await newRole(admin, account, 'Present', ['cluster:read'])}`,
    list: `${path}/allow-lists/${await newAllowList(admin, account, ['192.0.2.1'], 'present')}`,
  }
  const before = await snapshot(externals)

  await t.test('the native API refuses bodies that are not JSON objects', (t) =>
    refusesBodies(t, externals),
  )
  await t.test('the native API refuses invalid names and descriptions', (t) =>
    refusesTexts(t, externals),
  )
  await t.test('the native API refuses invalid fields of a new key', (t) =>
    refusesKeys(t, externals),
  )
  await t.test('the native API refuses invalid entries of an allow list', (t) =>
    refusesEntries(t, externals),
  )
  await t.test('the native API refuses invalid fields of roles, lists and accounts', (t) =>
    refusesOthers(t, externals),
  )
  await t.test('the native API refuses names that are taken', (t) =>
    refusesTakenNames(t, externals),
  )
  await t.test('the native API refuses invalid query parameters', (t) =>
    refusesQueries(t, externals),
  )
  await t.test('the native API refuses invalid X-Acting-User headers', (t) =>
    refusesActingUsers(t, externals),
  )
  await t.test('the native API refuses invalid fields of a verification attempt', (t) =>
    refusesAttempts(t, externals),
  )
  await t.test('the native API refuses methods that a route does not support', (t) =>
    refusesMethods(t, externals),
  )
  await t.test('the native API answers 404 for unknown routes and ids', (t) =>
    refusesRoutes(t, externals),
  )

  t.same(await snapshot(externals), before, 'after all that everything is as it was')
})

test('accepted input is stored and returned byte for byte', async (t) => {
  const { root } = await startCheckedService(t)
  const path = `/v1/accounts/${await newAccount(root)}`

  await t.test('names and descriptions are stored and returned byte for byte', async (t) => {
    const names = [
      'e\u0301',
      '\u00e9',
      'a  b',
      '\u{1f511}'.repeat(120),
      '"\\/<b>',
      '%_\\',
      '\ufb01',
    ]
    for (const name of names) {
      const description = ` ${name}\n\tand more `
      // Each name has an account of its own, because the first two look alike.
      const keys = `/v1/accounts/${await newAccount(root)}/api-keys`
      const issued = await root.post(keys, { ...goodKey, name, description })
      const { body } = await root.get(`${keys}/${issued.body.api_key.id}`)
      t.same([body.api_key.name, body.api_key.description], [name, description])
    }
  })

  await t.test('100 allow-list entries in every form are stored and returned', async (t) => {
    const forms = ['0::1', '2001:DB8::/32', '::ffff:1.2.3.4', '10.0.0.0/8', '0.0.0.0/0', '::/0']
    const entries = [...forms, ...Array.from({ length: 94 }, (_, index) => `10.1.2.${index}`)]
    const { status, body } = await root.post(`${path}/allow-lists`, { name: 'full', entries })
    t.equal(status, 201)
    const again = await root.get(`${path}/allow-lists/${body.allow_list.id}`)
    t.same(again.body.allow_list.entries, entries)
  })

  await t.test('a time with more than nine fractional digits is cut to milliseconds', async (t) => {
    const account = await newAccount(root)
    const times = [
      ['2040-01-01T00:00:00.1234567890Z', '2040-01-01T00:00:00.123Z'],
      ['2040-01-01T00:00:00.99999999999999999999Z', '2040-01-01T00:00:00.999Z'],
      [`2040-01-01t02:00:00.${'5'.repeat(200)}+02:00`, '2040-01-01T00:00:00.555Z'],
    ] as const
    for (const [index, [given, stored]] of times.entries()) {
      const { body } = await newKey(root, account, { name: `key ${index}`, expires_at: given })
      t.equal(body.expires_at, stored, given)
    }
    const before = encodeURIComponent('2040-01-01T00:00:00.5555555555Z')
    const { status, body } = await root.get(
      `/v1/accounts/${account}/api-keys?expires_before=${before}`,
    )
    t.same([status, body.api_keys.length], [200, 1])
  })

  await t.test('X-Request-Id is kept if it is harmless, and replaced otherwise', async (t) => {
    const askAs = async (id: string) =>
      (await root.call('GET', '/v1/me', { headers: { 'x-request-id': id } })).headers[
        'x-request-id'
      ]
    for (const id of ['a', 'A-1', 'x'.repeat(64)]) t.equal(await askAs(id), id)
    for (const id of ['', 'a b', 'x'.repeat(65), 'a_b', 'a,b', '<x>']) {
      t.match(await askAs(id), /^[0-9a-f-]{36}$/, JSON.stringify(id))
    }
  })

  await t.test('ids of accounts, roles and lists are accepted in any case', async (t) => {
    const account = await newAccount(root)
    const shouted = account.toUpperCase()
    const list = await newAllowList(root, shouted, ['10.0.0.0/8'])
    const role = await newRole(root, shouted, 'reader', ['cluster:read'])
    const values = { role: role.toUpperCase(), allow_list_ids: [list.toUpperCase()] }
    const { token, body } = await newKey(root, shouted, values)
    t.same([body.account_id, body.role.id, body.allow_list_ids], [account, role, [list]])
    const attempt = { client_ip: '10.1.1.1', account_id: shouted }
    t.equal((await root.verify(token, attempt)).valid, true)

    const other = { entries: ['192.0.2.0/24'] }
    const changed = await root.patch(`/v1/accounts/${shouted}/allow-lists/${list}`, other)
    t.equal(changed.status, 200)
    t.equal((await root.verify(token, attempt)).reason, 'address_not_allowed', 'a list changed')
    const put = await root.put(`/v1/accounts/${shouted}/roles/${role}`, goodRole)
    t.equal(put.status, 200)
    const asked = { client_ip: '192.0.2.1', permissions: ['cluster:read'] }
    t.equal((await root.verify(token, asked)).reason, 'insufficient_permissions', 'a role changed')
  })

  await t.test('responses with a token or a verdict forbid caching', async (t) => {
    const account = await newAccount(root)
    const issued = await root.post(`/v1/accounts/${account}/api-keys`, goodKey)
    t.equal(issued.headers['cache-control'], 'no-store')
    for (const token of [issued.body.token, 'nonsense']) {
      const verdict = await root.post('/v1/verify', { token })
      t.equal(verdict.headers['cache-control'], 'no-store')
    }
  })

  await t.test('an absent body is accepted where no field is required', async (t) => {
    const account = await newAccount(root)
    const key = `/v1/accounts/${account}/api-keys/${(await newKey(root, account)).id}`
    for (const act of ['disable', 'enable', 'revoke']) {
      t.equal((await root.call('POST', `${key}/${act}`)).status, 200, `${act} without a body`)
      const raw = { type: 'application/json', text: '' }
      t.equal((await root.call('POST', `${key}/${act}`, { raw })).status, 200, 'with an empty one')
    }
  })
})

async function refusesBodies(t: Test, { root, admin, keys, key, lists }: World): Promise<void> {
  const json = 'application/json'
  const latin1 = Buffer.from('{"name":"caf\u00e9","role":"viewer","expires_at":null}', 'latin1')
  const good = JSON.stringify(goodKey)
  const malformed: readonly [string, string | Buffer][] = [
    ['an object that does not end', '{"name":"a"'],
    ['two objects', `${good}${good}`],
    ['single quotes', "{'name':'a'}"],
    ['a trailing comma', '{"name":"a",}'],
    ['NaN', '{"name":NaN}'],
    ['text', 'name=a'],
    ['a NUL after it', `${good}\0`],
    ['a raw control character in a string', '{"name":"a\u0001"}'],
    ['UTF-16', Buffer.from(good, 'utf16le')],
    ['bytes that are not UTF-8', latin1],
    ['__proto__', '{"name":"a","__proto__":{"role":"admin"}}'],
    ['constructor.prototype', '{"name":"a","constructor":{"prototype":{"role":"admin"}}}'],
    ['9,000 open brackets', '['.repeat(9_000)],
  ]
  for (const [told, text] of malformed) {
    const answer = await admin.call('POST', keys, { raw: { type: json, text } })
    assertProblem(t, answer, { status: 400, code: 'malformed_body' }, told)
  }
  const notObjects: readonly [string, string, readonly FieldRule[]][] = [
    ['nothing', '', [['', 'required']]],
    ['null', 'null', [['', 'required']]],
    ['an array', '[]', [['', 'type']]],
    ['a string', '"a"', [['', 'type']]],
    ['a number', '1', [['', 'type']]],
    ['arrays in arrays', '['.repeat(9_000) + ']'.repeat(9_000), [['', 'type']]],
    ['too many arrays', '['.repeat(16_000) + ']'.repeat(16_000), [['', 'maxItems']]],
    ['too many brackets', '['.repeat(30_000), [['', 'maxItems']]],
    ['too many values', `{"name":[${'0,'.repeat(10_000)}0]}`, [['', 'maxItems']]],
  ]
  for (const [told, text, faults] of notObjects) {
    const answer = await admin.call('POST', keys, { raw: { type: json, text } })
    assertInvalid(t, answer, faults, told)
    if (text === '' || text === 'null') continue
    const revoke = await admin.call('POST', `${key}/revoke`, { raw: { type: json, text } })
    assertInvalid(t, revoke, faults, `${told}, where all fields are optional`)
  }
  const deep = `{"name":${'{"a":'.repeat(1_990)}1${'}'.repeat(1_990)},"entries":["10.0.0.1"]}`
  const nested = await admin.call('POST', lists, { raw: { type: json, text: deep } })
  assertInvalid(t, nested, [['/name', 'type']], 'objects in objects')
  const duplicates: readonly [string, string, readonly string[]][] = [
    ['a member', '{"name":"a","name":5,"entries":["10.0.0.1"]}', ['/name']],
    ['the same value', '{"name":"a","entries":["10.0.0.1"],"name":"a"}', ['/name']],
    ['an escaped name', '{"name":"a","n\\u0061me":"b","entries":["10.0.0.1"]}', ['/name']],
    ['several', '{"a/b":1,"a~b":1,"a/b":1,"a~b":1,"a/b":1}', ['/a~1b', '/a~0b']],
    ['at a depth', '{"a":[0,{"b":1,"b":2}]}', ['/a/1/b']],
    ['__proto__', '{"__proto__":1,"__proto__":{"role":"admin"}}', ['/__proto__']],
    ['constructor', '{"constructor":1,"constructor":2}', ['/constructor']],
  ]
  for (const [told, text, fields] of duplicates) {
    for (const path of [lists, keys, '/v1/verify', '/v1/verify/batch']) {
      const caller = path.startsWith('/v1/verify') ? root : admin
      const answer = await caller.call('POST', path, { raw: { type: json, text } })
      const faults = fields.map((field): FieldRule => [field, 'duplicate'])
      assertInvalid(t, answer, faults, `${told} twice, to ${path}`)
    }
  }

  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', '']) {
    const answer = await admin.call('POST', keys, { raw: { type, text: good } })
    const expected = { status: 415, code: 'unsupported_media_type' }
    assertProblem(t, answer, expected, `Content-Type ${JSON.stringify(type)}`)
  }
  const large = JSON.stringify({ ...goodKey, description: 'x'.repeat(1_000_000) })
  for (const [caller, path] of [
    [admin, keys],
    [admin, `${key}/revoke`],
    [root, '/v1/verify'],
    [root, '/v1/verify/batch'],
  ] as const) {
    const answer = await caller.call('POST', path, { raw: { type: json, text: large } })
    assertProblem(t, answer, { status: 413, code: 'body_too_large' }, `1 MB to ${path}`)
    t.match(answer.body.detail, /limit of the operation, \d+ bytes/)
  }
  const unknown = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, 1]))
  const some = await admin.post(keys, { ...goodKey, ...unknown(1_900) })
  const told = Array.from({ length: 20 }, (_, index): FieldRule => [`/f${index}`, 'unknown_field'])
  assertInvalid(t, some, told, '1,900 unknown fields: the first 20')
  const many = await root.post('/v1/verify', { token: 'a', ...unknown(2_000) })
  assertInvalid(t, many, [['', 'maxProperties']], '2,001 members')
}

/** Characters that neither names nor descriptions may contain. */
const badTexts: readonly [told: string, text: string, rule: string][] = [
  ['NUL', 'a\0b', 'control_character'],
  ['a bell', 'a\u0007b', 'control_character'],
  ['DEL', 'a\u007fb', 'control_character'],
  ['a C1 control', 'a\u0085b', 'control_character'],
  ['a carriage return', 'a\rb', 'control_character'],
  ['a line separator', 'a\u2028b', 'control_character'],
  ['a right-to-left override', 'a\u202eb', 'bidirectional_character'],
  ['an isolate', 'a\u2066b', 'bidirectional_character'],
  ['half a character, high', 'a\ud800', 'lone_surrogate'],
  ['half a character, low', '\udc00a', 'lone_surrogate'],
]
const badNames: typeof badTexts = [
  ...badTexts,
  ['nothing', '', 'minLength'],
  ['121 characters', 'x'.repeat(121), 'maxLength'],
  ['121 characters beyond the first plane', '\u{1f511}'.repeat(121), 'maxLength'],
  ['30 kB', 'x'.repeat(30_000), 'maxLength'],
  ['a space before', ' a', 'outer_space'],
  ['a space after', 'a ', 'outer_space'],
  ['a wide space after', 'a\u3000', 'outer_space'],
  ['a byte order mark before', '\ufeffa', 'outer_space'],
  ['a line break', 'a\nb', 'control_character'],
]

async function refusesTexts(t: Test, externals: World): Promise<void> {
  const { root, admin, account, keys, roles, lists, key, role, list } = externals
  const named: readonly [Api, 'POST' | 'PUT' | 'PATCH', string, object][] = [
    [admin, 'POST', keys, goodKey],
    [admin, 'POST', roles, goodRole],
    [admin, 'PUT', role, goodRole],
    [admin, 'POST', lists, goodList],
    [admin, 'PATCH', list, {}],
    [root, 'POST', '/v1/accounts', {}],
    [root, 'PATCH', `/v1/accounts/${account}`, {}],
  ]
  const descriptions = [...badTexts, ['1001 characters', 'x'.repeat(1001), 'maxLength']] as const
  for (const [caller, method, path, body] of named) {
    for (const [told, name, rule] of badNames) {
      const answer = await caller.call(method, path, { body: { ...body, name } })
      assertInvalid(t, answer, [['/name', rule]], `${method} ${path}: a name with ${told}`)
    }
    if (caller === root) continue
    for (const [told, description, rule] of descriptions) {
      const name = `described ${method}`
      const answer = await caller.call(method, path, { body: { ...body, name, description } })
      assertInvalid(t, answer, [['/description', rule]], `${method} ${path}: ${told}`)
    }
  }
  for (const act of ['revoke', 'disable', 'enable']) {
    for (const [told, reason, rule] of descriptions) {
      const answer = await admin.post(`${key}/${act}`, { reason })
      assertInvalid(t, answer, [['/reason', rule]], `${act} for a reason with ${told}`)
    }
  }
  for (const name of [unknownId, unknownId.toUpperCase()]) {
    const named = [[roles, goodRole] as const, [lists, goodList] as const]
    for (const [path, body] of named) {
      const answer = await admin.post(path, { ...body, name })
      assertInvalid(t, answer, [['/name', 'looks_like_id']], `${path}: a UUID for a name`)
    }
  }
}

async function refusesKeys(t: Test, externals: World): Promise<void> {
  const { root, admin, keys, otherAccount, list } = externals
  const ownList = list.split('/').at(-1) ?? ''
  const otherList = await newAllowList(root, otherAccount, ['10.0.0.0/8'])
  const otherRole = await newRole(root, otherAccount, 'theirs', [])
  const past = new Date(Date.now() - 1).toISOString()
  const rows: readonly [string, object, readonly FieldRule[]][] = [
    ['an unknown field', { nope: 1 }, [['/nope', 'unknown_field']]],
    [
      'two unknown fields',
      { a: 1, 'b/c~d': 1 },
      [
        ['/a', 'unknown_field'],
        ['/b~1c~0d', 'unknown_field'],
      ],
    ],
    ['a field of the answer', { id: unknownId }, [['/id', 'unknown_field']]],
    ['no name', { name: undefined }, [['/name', 'required']]],
    ['a number for a name', { name: 5 }, [['/name', 'type']]],
    ['null for a name', { name: null }, [['/name', 'type']]],
    ['null for a description', { description: null }, [['/description', 'type']]],
    ['no role', { role: undefined }, [['/role', 'required']]],
    ['an object for a role', { role: { id: unknownId } }, [['/role', 'type']]],
    ['an empty role', { role: '' }, [['/role', 'minLength']]],
    ['NUL in a role', { role: 'viewer\0' }, [['/role', 'pattern']]],
    ['half a character in a role', { role: '\ud800' }, [['/role', 'exists']]],
    ['an unknown role', { role: 'nobody' }, [['/role', 'exists']]],
    ['an unknown id for a role', { role: unknownId }, [['/role', 'exists']]],
    ["another account's role", { role: otherRole }, [['/role', 'exists']]],
    ["the platform's own role", { role: 'verifier' }, [['/role', 'exists']]],
    ['no expiry', { expires_at: undefined }, [['/expires_at', 'required']]],
    ['an expiry in the past', { expires_at: past }, [['/expires_at', 'future']]],
    ['a list for the lists', { allow_list_ids: ownList }, [['/allow_list_ids', 'type']]],
    ['null for the lists', { allow_list_ids: null }, [['/allow_list_ids', 'type']]],
    ['no UUID for a list', { allow_list_ids: ['office'] }, [['/allow_list_ids/0', 'format']]],
    [
      'a URN for a list',
      { allow_list_ids: [`urn:uuid:${ownList}`] },
      [['/allow_list_ids/0', 'format']],
    ],
    ['101 lists', { allow_list_ids: manyIds(101) }, [['/allow_list_ids', 'maxItems']]],
    [
      'an unknown list',
      { allow_list_ids: [ownList, unknownId] },
      [['/allow_list_ids/1', 'exists']],
    ],
    ["another account's list", { allow_list_ids: [otherList] }, [['/allow_list_ids/0', 'exists']]],
    [
      'the lists of a request, in its order',
      { allow_list_ids: [ownList, 'ffffffff-ffff-7fff-bfff-ffffffffffff', unknownId] },
      [
        ['/allow_list_ids/1', 'exists'],
        ['/allow_list_ids/2', 'exists'],
      ],
    ],
    [
      'all faults at once',
      { name: 'a\u202e', description: 'b\0', expires_at: past },
      [
        ['/name', 'bidirectional_character'],
        ['/description', 'control_character'],
        ['/expires_at', 'future'],
      ],
    ],
  ]
  for (const [told, values, faults] of rows) {
    assertInvalid(t, await admin.post(keys, { ...goodKey, ...values }), faults, told)
  }
  const noTimes = [
    '',
    'tomorrow',
    '2040-01-01',
    '2040-01-01T00:00',
    '2040-01-01T00:00:00',
    '2040-02-30T00:00:00Z',
    '2040-13-01T00:00:00Z',
    '2040-01-01T24:00:00Z',
    '2040-01-01T00:00:00+05',
    '2040-01-01 00:00:00Z',
    '2040-01-01T00:00:00+0530',
    '2040-01-01\n00:00:00Z',
    ' 2040-01-01T00:00:00Z',
    '20400101T000000Z',
    '2040-01-01T00:00:00Z\0',
    '2040-01-01T00:00:00Z\u202e',
    '+012040-01-01T00:00:00Z',
    '2208988800',
    'infinity',
    'Sun, 01 Jan 2040 00:00:00 GMT',
    '2040-01-01T00:00:00Z[UTC]',
    '2040-01-01T00:00:00\ud800Z',
  ]
  for (const text of noTimes) {
    const answer = await admin.post(keys, { ...goodKey, expires_at: text })
    assertInvalid(t, answer, [['/expires_at', 'format']], JSON.stringify(text))
  }
  // RFC 3339 allows these times, and the service cannot store them.
  for (const text of ['2040-06-30T23:59:60Z', '9999-12-31T23:59:59-01:00']) {
    const answer = await admin.post(keys, { ...goodKey, expires_at: text })
    assertInvalid(t, answer, [['/expires_at', 'date-time']], text)
  }
  for (const value of [2_208_988_800, true, {}, []]) {
    const answer = await admin.post(keys, { ...goodKey, expires_at: value })
    assertInvalid(t, answer, [['/expires_at', 'type']], JSON.stringify(value))
  }
}

async function refusesEntries(t: Test, { admin, lists, list }: World): Promise<void> {
  const forms: readonly [string, string][] = [
    ['010.0.0.1', 'ipv4_form'],
    ['0x7f.0.0.1', 'ipv4_form'],
    ['0x7f000001', 'ipv4_form'],
    ['2130706433', 'ipv4_form'],
    ['10.1', 'ipv4_form'],
    ['256.0.0.1', 'ipv4_form'],
    ['fe80::1%eth0', 'zone_id'],
    ['10.0.0.1/8', 'host_bits'],
    ['2001:db8::1/32', 'host_bits'],
    ['::ffff:10.0.0.1/104', 'host_bits'],
    ['10.0.0.0/33', 'prefix_length'],
    ['10.0.0.0/', 'prefix_length'],
    ['10.0.0.0/08', 'prefix_length'],
    ['10.0.0.0/255.0.0.0', 'prefix_length'],
    ['10.0.0.1,10.0.0.2', 'not_an_address'],
    ['10.0.0.1-10.0.0.9', 'not_an_address'],
    [' 10.0.0.1', 'not_an_address'],
    ['10.0.0.1 ', 'not_an_address'],
    ['10.0.0.1\n', 'not_an_address'],
    ['10.0.0.1\0', 'not_an_address'],
    ['10.0.0.*', 'not_an_address'],
    ['localhost', 'not_an_address'],
    ['[::1]', 'not_an_address'],
    ['\u202e::1', 'not_an_address'],
    ['\ud800', 'not_an_address'],
    ['', 'not_an_address'],
    ['x'.repeat(65), 'maxLength'],
  ]
  for (const [entry, rule] of forms) {
    const told = JSON.stringify(entry)
    const entries = ['10.0.0.1', entry]
    const posted = await admin.post(lists, { ...goodList, entries })
    assertInvalid(t, posted, [['/entries/1', rule]], `POST ${told}`)
    assertInvalid(t, await admin.patch(list, { entries }), [['/entries/1', rule]], `PATCH ${told}`)
  }
  const rows: readonly [string, unknown, readonly FieldRule[]][] = [
    ['no entry', [], [['/entries', 'minItems']]],
    [
      '101 entries',
      Array.from({ length: 101 }, (_, i) => `10.0.0.${i}`),
      [['/entries', 'maxItems']],
    ],
    ['no array', '10.0.0.1', [['/entries', 'type']]],
    ['a number', ['10.0.0.1', 5], [['/entries/1', 'type']]],
    [
      'two bad ones',
      ['x', '10.0.0.1', '10.0.0.1/8'],
      [
        ['/entries/0', 'not_an_address'],
        ['/entries/2', 'host_bits'],
      ],
    ],
  ]
  const nothing = await admin.post(lists, { ...goodList, entries: null })
  assertInvalid(t, nothing, [['/entries', 'type']], 'POST null')
  for (const [told, entries, faults] of rows) {
    assertInvalid(t, await admin.post(lists, { ...goodList, entries }), faults, `POST ${told}`)
    assertInvalid(t, await admin.patch(list, { entries }), faults, `PATCH ${told}`)
  }
}

async function refusesOthers(t: Test, externals: World): Promise<void> {
  const { root, admin, roles, role, lists, list, account } = externals
  const permissions = (list: unknown) => ({ ...goodRole, permissions: list })
  const ofRoles: readonly [string, object, readonly FieldRule[]][] = [
    ['an unknown field', { ...goodRole, built_in: true }, [['/built_in', 'unknown_field']]],
    ['no permissions', { name: 'a' }, [['/permissions', 'required']]],
    ['a text for permissions', permissions('cluster:read'), [['/permissions', 'type']]],
    ['a number for one', permissions([5]), [['/permissions/0', 'type']]],
    ['no permission', permissions(['cluster:read', 'cluster']), [['/permissions/1', 'pattern']]],
    ['NUL in one', permissions(['cluster:read\0']), [['/permissions/0', 'pattern']]],
    ['half a character in one', permissions(['cluster:\ud800']), [['/permissions/0', 'pattern']]],
    [
      'an unknown one',
      permissions(['cluster:read', 'cluster:fly']),
      [['/permissions/1', 'exists']],
    ],
    ["the platform's", permissions(['api_key:verify']), [['/permissions/0', 'scope']]],
    ['1001 of them', permissions(Array(1001).fill('cluster:read')), [['/permissions', 'maxItems']]],
  ]
  for (const [told, body, faults] of ofRoles) {
    assertInvalid(t, await admin.post(roles, body), faults, `POST ${told}`)
    assertInvalid(t, await admin.put(role, body), faults, `PUT ${told}`)
  }
  const others: readonly [Api, 'POST' | 'PATCH', string, object, readonly FieldRule[]][] = [
    [admin, 'POST', lists, { ...goodList, id: unknownId }, [['/id', 'unknown_field']]],
    [admin, 'POST', lists, { name: 'a' }, [['/entries', 'required']]],
    [admin, 'PATCH', list, { account_id: account }, [['/account_id', 'unknown_field']]],
    [admin, 'PATCH', list, { name: 5 }, [['/name', 'type']]],
    [root, 'POST', '/v1/accounts', { id: unknownId }, [['/name', 'required']]],
    [root, 'POST', '/v1/accounts', { id: 'acme', name: 'a' }, [['/id', 'format']]],
    [root, 'POST', '/v1/accounts', { id: `urn:uuid:${unknownId}`, name: 'a' }, [['/id', 'format']]],
    [root, 'POST', '/v1/accounts', { id: null, name: 'a' }, [['/id', 'type']]],
    [root, 'POST', '/v1/accounts', { name: 'a', project_id: 'p' }, [['/project_id', 'format']]],
    [root, 'POST', '/v1/accounts', { name: 'a', platform: true }, [['/platform', 'unknown_field']]],
    [root, 'PATCH', `/v1/accounts/${account}`, {}, [['/name', 'required']]],
  ]
  for (const [caller, method, path, body, faults] of others) {
    const told = `${method} ${path} ${JSON.stringify(body)}`
    assertInvalid(t, await caller.call(method, path, { body }), faults, told)
  }
}

async function refusesTakenNames(t: Test, externals: World): Promise<void> {
  const { root, admin, account, keys, roles, lists, role } = externals
  const taken: readonly [string, object][] = [
    [keys, { ...goodKey, name: 'present' }],
    [roles, { ...goodRole, name: 'Present' }],
    [roles, { ...goodRole, name: 'pRESENT' }],
    [roles, { ...goodRole, name: 'Admin' }],
    [lists, { ...goodList, name: 'present' }],
  ]
  const expected = { status: 409, code: 'name_taken', faults: [['/name', 'unique']] as const }
  for (const [path, body] of taken) {
    assertProblem(t, await admin.post(path, body), expected, `${path} ${JSON.stringify(body)}`)
  }
  const renamed = await admin.put(role, { ...goodRole, name: 'ADMIN' })
  assertProblem(t, renamed, expected, 'a role renamed to one that is there')
  assertProblem(
    t,
    await root.post('/v1/accounts', { id: account, name: 'Another' }),
    { status: 409, code: 'id_taken', faults: [['/id', 'unique']] },
    'an account of an id that is taken',
  )
  const { project_id: project } = (await root.get(`/v1/accounts/${account}`)).body.account
  assertProblem(
    t,
    await root.post('/v1/accounts', { name: 'Another', project_id: project }),
    { status: 409, code: 'id_taken', faults: [['/project_id', 'unique']] },
    'an account of a project that is taken',
  )
}

async function refusesQueries(t: Test, externals: World): Promise<void> {
  const { root, admin, keys, roles, lists } = externals
  const collections: readonly [Api, string][] = [
    [admin, keys],
    [admin, roles],
    [admin, lists],
    [root, '/v1/accounts'],
  ]
  const onEach: readonly [string, readonly FieldRule[]][] = [
    ['limit=0', [['/limit', 'minimum']]],
    ['limit=201', [['/limit', 'maximum']]],
    ['limit=-1', [['/limit', 'minimum']]],
    ['limit=abc', [['/limit', 'type']]],
    ['limit=1.5', [['/limit', 'type']]],
    ['limit=', [['/limit', 'type']]],
    ['limit=0x10', [['/limit', 'type']]],
    ['limit=1e1', [['/limit', 'type']]],
    ['limit=+10', [['/limit', 'type']]],
    ['limit=%2B10', [['/limit', 'type']]],
    ['limit=10%20', [['/limit', 'type']]],
    ['limit=10.0', [['/limit', 'type']]],
    ['limit=010', [['/limit', 'type']]],
    ['limit=%D9%A1', [['/limit', 'type']]],
    ['limit=1_0', [['/limit', 'type']]],
    [
      'limit=0b11&nope=1',
      [
        ['/limit', 'type'],
        ['/nope', 'unknown_field'],
      ],
    ],
    ['limit=99999999999999999999', [['/limit', 'maximum']]],
    ['sort=%zz', [['', 'percent_encoding']]],
    ['cursor=%', [['', 'percent_encoding']]],
    ['limit=1&x=%e', [['', 'percent_encoding']]],
    ['cursor=%c3%28', [['', 'percent_encoding']]],
    ['cursor=%ed%a0%80', [['', 'percent_encoding']]],
    ['limit=1&limit=2', [['/limit', 'type']]],
    ['sort=nope', [['/sort', 'enum']]],
    ['sort=name&sort=name', [['/sort', 'type']]],
    ['sort=created_at,name', [['/sort', 'enum']]],
    ['sort=%00', [['/sort', 'enum']]],
    ['nope=1', [['/nope', 'unknown_field']]],
    ['Limit=1', [['/Limit', 'unknown_field']]],
    ['cursor=a&cursor=b', [['/cursor', 'type']]],
    [`cursor=${'a'.repeat(2049)}`, [['/cursor', 'maxLength']]],
  ]
  for (const [caller, path] of collections) {
    for (const [query, faults] of onEach) {
      assertInvalid(t, await caller.get(`${path}?${query}`), faults, `${path}?${query}`)
    }
    for (const [told, cursor] of badCursors()) {
      const answer = await caller.get(`${path}?cursor=${cursor}`)
      assertInvalid(t, answer, [['/cursor', 'cursor']], `${path}: ${told}`)
    }
  }
  for (const [caller, path] of collections) {
    const first = await caller.get(path)
    t.same(
      (await caller.get(`${path}?cursor=`)).body,
      first.body,
      'an empty cursor: the first page',
    )
  }
  const ofKeys: readonly [string, readonly FieldRule[]][] = [
    ['status=gone', [['/status', 'enum']]],
    ['status=active,gone', [['/status', 'enum']]],
    ['status=active,', [['/status', 'enum']]],
    ['status=ACTIVE', [['/status', 'enum']]],
    ['status=active%00', [['/status', 'pattern']]],
    ['status=', [['/status', 'minLength']]],
    ['role=%ff', [['', 'percent_encoding']]],
    ['name=%ed%a0%80', [['', 'percent_encoding']]],
    ['name=', [['/name', 'minLength']]],
    ['name=a%00', [['/name', 'pattern']]],
    [`name=${'a'.repeat(121)}`, [['/name', 'maxLength']]],
    ['name=a&name=b', [['/name', 'type']]],
    ['role=a%00', [['/role', 'pattern']]],
    ['created_by=a%00', [['/created_by', 'pattern']]],
    [`created_by=${'a'.repeat(256)}`, [['/created_by', 'maxLength']]],
    ['allow_list=office', [['/allow_list', 'format']]],
    ['expires_before=tomorrow', [['/expires_before', 'format']]],
    ['expires_before=2040-01-01', [['/expires_before', 'format']]],
    ['expires_before=2016-12-31T23:59:60Z', [['/expires_before', 'date-time']]],
    ['expires_before=0000-01-01T00:00:00Z', [['/expires_before', 'date-time']]],
    // A plus sign in a query stands for a space.
    ['last_used_before=2040-01-01T00:00:00+01:00', [['/last_used_before', 'format']]],
  ]
  for (const [query, faults] of ofKeys) {
    assertInvalid(t, await admin.get(`${keys}?${query}`), faults, query)
  }
  // These filters match nothing, which is not a fault.
  const empty = ['name=%e2%80%ae', 'role=%01', 'created_by=%c2%85', 'name=%25']
  for (const query of empty) {
    const { status, body } = await admin.get(`${keys}?${query}`)
    t.same([status, body.api_keys], [200, []], query)
  }
}

function badCursors(): readonly (readonly [string, string])[] {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const time = '2030-01-01T00:00:00.000Z'
  const ofName = encode(['name', false, 'a', unknownId])
  return [
    ['garbage', 'garbage'],
    ['NUL', '%00'],
    ['half a character', encode(['created_at', true, '\ud800', unknownId])],
    ['of another sort', ofName],
    ['cut', ofName.slice(0, -4)],
    ['JSON of another shape', encode({ created_at: time })],
    ['of the reverse sort', encode(['created_at', false, time, unknownId])],
    ['of an unknown sort', encode(['hash', true, time, unknownId])],
    ['without an id', encode(['created_at', true, time])],
    ['with another id', encode(['created_at', true, time, "' or 1=1"])],
    ['with a text for a time', encode(['created_at', true, 'now', unknownId])],
    ['with infinity for a time', encode(['created_at', true, 'infinity', unknownId])],
    [
      'with a time beyond the calendar',
      encode(['created_at', true, '+010000-01-01T00:00:00.000Z', unknownId]),
    ],
    [
      'with a year that never was',
      encode(['created_at', true, '0000-01-01T00:00:00.000Z', unknownId]),
    ],
    ['with null for a time', encode(['created_at', true, null, unknownId])],
  ]
}

async function refusesActingUsers(t: Test, { root, admin, keys }: World): Promise<void> {
  const token = `aeon_${'0'.repeat(65)}_${'0'.repeat(11)}`
  const issue = (caller: Api, headers: Record<string, string>) =>
    caller.call('POST', keys, { headers, body: { ...goodKey, name: 'for a user' } })
  const id = '/x-acting-user'
  const name = '/x-acting-user-name'
  const rows: readonly [string, Record<string, string>, readonly FieldRule[]][] = [
    ['an empty id', { 'x-acting-user': '' }, [[id, 'pattern']]],
    ['two ids', { 'x-acting-user': 'u1, u2' }, [[id, 'pattern']]],
    ['256 characters', { 'x-acting-user': 'u'.repeat(256) }, [[id, 'pattern']]],
    ['an id beyond ASCII', { 'x-acting-user': 'us\u00e9r' }, [[id, 'pattern']]],
    ['a name alone', { 'x-acting-user-name': 'Ann' }, [[id, 'pattern']]],
    ['a token', { 'x-acting-user': token }, [[id, 'token']]],
    ['bad percent-encoding', acting('%zz'), [[name, 'percent_encoding']]],
    ['half a character', acting('%ED%A0%80'), [[name, 'percent_encoding']]],
    ['a name beyond ASCII', acting('Ren\u00e9e'), [[name, 'percent_encoding']]],
    ['an empty name', acting(''), [[name, 'empty']]],
    ['NUL', acting('a%00'), [[name, 'control_character']]],
    ['a line break', acting('a%0Ab'), [[name, 'control_character']]],
    ['a right-to-left override', acting('a%E2%80%AEb'), [[name, 'bidirectional_character']]],
    ['a space after', acting('a%20'), [[name, 'outer_space']]],
    ['121 characters', acting('a'.repeat(121)), [[name, 'too_long']]],
  ]
  for (const [told, headers, faults] of rows) {
    assertInvalid(t, await issue(root, headers), faults, told)
    const expected = { status: 403, code: 'permission_denied' }
    assertProblem(t, await issue(admin, headers), expected, `${told}, of who may not act so`)
  }
}

function acting(name: string): Record<string, string> {
  return { 'x-acting-user': 'u1', 'x-acting-user-name': name }
}

async function refusesAttempts(t: Test, { root }: World): Promise<void> {
  const fifty = Array.from({ length: 51 }, () => 'cluster:read')
  const rows: readonly [string, object, readonly FieldRule[]][] = [
    ['no token', { token: undefined }, [['/token', 'required']]],
    ['null for a token', { token: null }, [['/token', 'type']]],
    ['a number for a token', { token: 5 }, [['/token', 'type']]],
    ['an array for a token', { token: ['x'] }, [['/token', 'type']]],
    ['an unknown field', { tokens: [] }, [['/tokens', 'unknown_field']]],
    ['no address', { client_ip: '' }, [['/client_ip', 'address']]],
    ['null for an address', { client_ip: null }, [['/client_ip', 'type']]],
    ['a short address', { client_ip: '10.1' }, [['/client_ip', 'address']]],
    ['an octal address', { client_ip: '010.0.0.1' }, [['/client_ip', 'address']]],
    ['a range', { client_ip: '10.0.0.0/8' }, [['/client_ip', 'address']]],
    ['two addresses', { client_ip: '10.0.0.1, 10.0.0.2' }, [['/client_ip', 'address']]],
    ['an address and a port', { client_ip: '10.0.0.1:80' }, [['/client_ip', 'address']]],
    ['a zone id', { client_ip: 'fe80::1%eth0' }, [['/client_ip', 'address']]],
    ['NUL in an address', { client_ip: '10.0.0.1\0' }, [['/client_ip', 'address']]],
    ['half a character', { client_ip: '\ud800' }, [['/client_ip', 'address']]],
    ['a long address', { client_ip: '1'.repeat(65) }, [['/client_ip', 'maxLength']]],
    ['no UUID of an account', { account_id: 'acme' }, [['/account_id', 'format']]],
    ['a URN of an account', { account_id: `urn:uuid:${unknownId}` }, [['/account_id', 'format']]],
    ['a text for permissions', { permissions: 'cluster:read' }, [['/permissions', 'type']]],
    ['no permission', { permissions: ['cluster'] }, [['/permissions/0', 'pattern']]],
    ['NUL in a permission', { permissions: ['a:b', 'a:b\0'] }, [['/permissions/1', 'pattern']]],
    ['51 permissions', { permissions: fifty }, [['/permissions', 'maxItems']]],
  ]
  for (const [told, values, faults] of rows) {
    assertInvalid(t, await root.post('/v1/verify', { token: 'x', ...values }), faults, told)
  }
}

async function refusesMethods(t: Test, { root, admin, account }: World): Promise<void> {
  const { paths } = (await root.get('/openapi.json')).body
  const routes: Record<string, readonly string[]> = { '/docs': ['get'], '/docs/static/x': ['get'] }
  for (const [template, item] of Object.entries<Json>(paths)) {
    // The route accepts any method.
    if (template === '/v1/forward-auth') continue
    const path = template.replace('{account_id}', account).replace(/\{\w+\}/, unknownId)
    routes[path] = Object.keys(item)
  }
  t.ok(Object.keys(routes).length > 20)
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
  for (const [path, declared] of Object.entries(routes)) {
    const taken = declared.map((method) => method.toUpperCase())
    if (taken.includes('GET')) taken.push('HEAD')
    for (const method of methods) {
      if (taken.includes(method)) continue
      const answer = await admin.call(method, `${path}?x=1`, {
        raw: { type: 'application/json', text: '{' },
      })
      // OAuth's own form is tried in test/http/introspection.test.ts.
      const isProblem = method !== 'HEAD' && path !== '/oauth2/introspect'
      if (isProblem) {
        assertProblem(t, answer, { status: 405, code: 'method_not_allowed' }, `${method} ${path}`)
      }
      t.equal(answer.status, 405, `${method} ${path}`)
      t.equal(answer.headers.allow, taken.toSorted().join(', '))
    }
  }
}

async function refusesRoutes(t: Test, externals: World): Promise<void> {
  const { root, admin, keys, roles, lists } = externals
  const notFound = { status: 404, code: 'not_found' }
  const calls: readonly [Parameters<Api['call']>[0], string][] = [
    ['GET', '/v1'],
    ['GET', '/v2/me'],
    ['GET', '/v1/me/'],
    ['GET', '/V1/me'],
    ['GET', '//v1/me'],
    ['GET', '/v1/%zz'],
    ['GET', '/v1/accounts/%zz'],
    ['POST', '/v1/me/'],
    ['POST', '/v1/accounts/%zz'],
  ]
  for (const [method, path] of calls) {
    assertProblem(t, await admin.call(method, path), notFound, `${method} ${path}`)
  }
  const bodies = [
    { type: 'text/plain', text: 'x' },
    { type: 'application/json', text: '{' },
    { type: 'application/json', text: ' '.repeat(1_000_000) },
  ]
  for (const raw of bodies) {
    const answer = await admin.call('POST', '/v1/nope', { raw })
    assertProblem(t, answer, notFound, `an unknown route, with a body of ${raw.type}`)
  }
  const longIds = ['a'.repeat(101), 'a'.repeat(4_000), `${'e'.repeat(90)}.${'e'.repeat(43)}`]
  const badIds = [
    unknownId,
    'x',
    '%00',
    '%20',
    `urn:uuid:${unknownId}`,
    'aeon_0',
    '%2e%2e',
    '%ED%A0%80',
    ...longIds,
  ]
  for (const id of badIds) {
    for (const path of [keys, roles, lists]) {
      assertProblem(t, await admin.get(`${path}/${id}`), notFound, `${path}/${id}`)
    }
    assertProblem(t, await root.get(`/v1/api-keys/${id}`), notFound, `/v1/api-keys/${id}`)
    assertProblem(t, await root.get(`/v1/accounts/${id}`), notFound, `/v1/accounts/${id}`)
  }
  for (const id of longIds) {
    const revoked = await admin.post(`${keys}/${id}/revoke`, {})
    assertProblem(t, revoked, notFound, `${keys}/${id}/revoke`)
    t.match(revoked.body.detail, /key does not exist/, 'there is such a route')
  }
  const plain = { raw: { type: 'text/plain', text: 'x' } }
  const deletion = await admin.call('DELETE', `${roles}/${unknownId}`, plain)
  const unsupported = { status: 415, code: 'unsupported_media_type' }
  assertProblem(t, deletion, unsupported, 'a body where none is wanted')
}

/** All resources of the accounts, as the root key reads them. */
async function snapshot({ root, account, keys, roles, lists }: World): Promise<Json> {
  const answers: Answer[] = []
  for (const path of [keys, roles, lists]) answers.push(await root.get(`${path}?limit=200`))
  answers.push(await root.get(`/v1/accounts/${account}`), await root.get('/v1/accounts?limit=200'))
  return answers.map((answer) => answer.body)
}

function manyIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => unknownId.slice(0, -3) + String(index + 100))
}
