import t, { type Test } from 'tap'
import { type LiveCredential, planRotation } from '../../src/domain/key/rotation.ts'
import type { Answer, Json } from '../helpers/api.ts'
import { auditLogOf } from '../helpers/audit-log.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw, heat, startInstances } from '../helpers/instances.ts'
import { assertInvalid, assertProblem, type FieldRule } from '../helpers/problems.ts'
import { until } from '../helpers/until.ts'

const office = '203.0.113.7'
const day = 86_400

const started = await startCheckedService(t, {
  settings: { SELF_ROTATION_MAX_OVERLAP_SECONDS: '3600', EXPIRY_WARNING_DAYS: '5' },
})
const { root, as, clock } = started
const raw = await connectRaw(t, started.database.url)

t.afterEach(() => {
  clock.offsetMs = 0
})

t.test('the old token works beside the new one until the overlap ends', async (t) => {
  const { rotate, path, first } = await setUp()
  t.match(await root.verify(first), { valid: true, generation: 1 })
  const before = Date.now()
  const { status, headers, body } = await rotate({ overlap_seconds: 60 })
  t.equal(status, 201)
  t.equal(headers['cache-control'], 'no-store')
  t.match(body, { generation: 2, api_key: { generation: 2 }, receipt: { state: 'complete' } })
  const endsAt = body.receipt.effective_at
  t.equal(body.api_key.overlap_ends_at, endsAt)
  t.ok(Math.abs(Date.parse(endsAt) - before - 60_000) < 10_000)
  t.equal(body.api_key.hint, (await root.get(path)).body.api_key.hint, 'under the same hint')
  t.equal((await root.get(path)).headers.etag, headers.etag)

  const { id } = body.api_key
  for (const [token, generation] of [
    [first, 1],
    [body.token, 2],
  ] as const) {
    for (const name of ['cold', 'hot']) {
      t.match(await root.verify(token), { valid: true, generation, api_key: { id } }, name)
    }
  }
  const batch = await root.post('/v1/verify/batch', {
    attempts: [{ token: first }, { token: body.token }],
  })
  t.match(batch.body.verdicts, [{ generation: 1 }, { generation: 2 }])

  clock.offsetMs = 61_000
  const rotated = { valid: false, reason: 'rotated', generation: 1, api_key: { id } }
  t.match(await root.verify(first), rotated, 'by the clock, though it is hot')
  t.match(await root.verify(body.token), { valid: true, generation: 2 })
  t.match(await as(first).get('/v1/me'), { status: 401, body: { code: 'unauthenticated' } })
  t.equal((await root.get(path)).body.api_key.overlap_ends_at, null)
})

t.test('a rotation with an overlap of 0 ends the old token at once', async (t) => {
  const { rotate, first, id } = await setUp()
  t.match(await root.verify(first), { valid: true })
  const { body } = await rotate({ overlap_seconds: 0 })
  t.equal(body.receipt.effective_at, undefined)
  t.equal(body.api_key.overlap_ends_at, null)
  // A clock that runs late does not bring it back.
  clock.offsetMs = -3_600_000
  t.match(await root.verify(first), { valid: false, reason: 'rotated' })
  t.match(await root.verify(body.token), { valid: true, generation: 2 })
  t.match(await credentialsOf(id), [{ ended: true, ends_at: null }, { ended: false }])
  const other = first[30] === '0' ? '1' : '0'
  const secretChanged = `${first.slice(0, 30)}${other}${first.slice(31)}`
  t.match(await root.verify(secretChanged), { reason: 'not_found' }, 'only once the secret matched')
})

t.test('a rotation during an overlap ends no token in use', async (t) => {
  const { rotate, first } = await setUp()
  const second = (await rotate({ overlap_seconds: 60 })).body.token
  await refused(t, rotate({ overlap_seconds: 0 }), 'rotation_in_progress')
  await refused(t, rotate({ overlap_seconds: 0, if_generation: 1 }), 'generation_mismatch')
  await refused(t, rotate({ overlap_seconds: 0, if_generation: 3 }), 'generation_mismatch')
  for (const token of [first, second]) t.match(await root.verify(token), { valid: true })
  await refused(t, rotate({ overlap_seconds: 0, if_generation: 2 }), 'rotation_in_progress')

  const ended = await rotate({ overlap_seconds: 30, end_overlap: true })
  t.match(ended, { status: 201, body: { generation: 3 } })
  t.match(await root.verify(first), { reason: 'rotated' })
  for (const token of [second, ended.body.token]) t.match(await root.verify(token), { valid: true })
  clock.offsetMs = 31_000
  t.equal((await rotate({ overlap_seconds: 30 })).status, 201, 'and after it there is none')
})

t.test(
  'a rotation replaces an unused newest token, and the older token keeps its end',
  async (t) => {
    const { rotate, first, id } = await setUp()
    t.match(await root.verify(first), { valid: true })
    const second = await rotate({ overlap_seconds: 60, retire_on_first_use_seconds: 20 })
    const third = await rotate({ overlap_seconds: 0, if_generation: 2 })
    t.match(third, { status: 201, body: { generation: 3 } })
    t.equal(third.body.receipt.effective_at, undefined)
    t.equal(third.body.api_key.overlap_ends_at, second.body.api_key.overlap_ends_at)
    t.match(await root.verify(second.body.token), { reason: 'rotated' })
    const lost = await rotate({ if_generation: 3, only_if_unused: true })
    t.match(lost, { status: 201, body: { generation: 4 } })
    t.match(await credentialsOf(id), [
      { ended: false, ends_at: new Date(second.body.api_key.overlap_ends_at) },
      { ended: true },
      { ended: true },
      { ended: false, retires_older_after_seconds: 20 },
    ])
    t.match(await root.verify(first), { valid: true, generation: 1 })
    t.match(await root.verify(lost.body.token), { valid: true, generation: 4 })
    clock.offsetMs = 21_000
    t.match(await root.verify(first), { reason: 'rotated' }, 'nor is the promised retirement lost')
  },
)

t.test(
  'a caller who never received a rotated token gets another, and no used token ends',
  async (t) => {
    const { rotate, first } = await setUp()
    const again = await rotate({ if_generation: 1, only_if_unused: true })
    t.match(again, { status: 201, body: { generation: 2 } })
    t.match(await root.verify(first), { reason: 'rotated' }, 'a token that nobody ever used')
    t.match(await root.verify(again.body.token), { valid: true })
    await refused(t, rotate({ if_generation: 2, only_if_unused: true }), 'generation_used')
    await refused(t, rotate({ if_generation: 1, only_if_unused: true }), 'generation_mismatch')
    await refused(t, rotate({ if_generation: 3, only_if_unused: true }), 'generation_mismatch')
    t.match(await root.verify(again.body.token), { valid: true })
  },
)

t.test('an old token can end with the first use of the new token', async (t) => {
  const retiring = { overlap_seconds: day, retire_on_first_use_seconds: 30 }

  t.test(
    'an old token ends the configured seconds after the first use of the new one',
    async (t) => {
      const { rotate, first, path, account } = await setUp()
      t.match(await root.verify(first), { valid: true })
      const { body, headers } = await rotate(retiring)
      const { token } = body
      clock.offsetMs = 100_000
      t.match(await root.verify(first), { valid: true }, 'while nobody uses the new one')
      const denied = await root.verify(token, { permissions: ['nobody:has'] })
      t.match(denied, { reason: 'insufficient_permissions' })
      t.equal((await root.get(path)).headers.etag, headers.etag, 'nor is a denial a use')

      t.match(await root.verify(token), { valid: true, generation: 2 })
      t.match(await root.verify(token), { valid: true, generation: 2 }, 'and again')
      const shown = await root.get(path)
      const endsAt = Date.parse(shown.body.api_key.overlap_ends_at)
      t.ok(endsAt < Date.parse(body.api_key.overlap_ends_at))
      t.not(shown.headers.etag, headers.etag, 'a change like any other')
      const event = (await auditLogOf(raw, account)).at(-1)
      t.match(event, {
        action: 'api_key.updated',
        actor: { kind: 'system' },
        before: { overlap_ends_at: body.api_key.overlap_ends_at },
        after: { overlap_ends_at: shown.body.api_key.overlap_ends_at },
      })
      t.match(await root.verify(first), { valid: true }, 'the old one has its 30 seconds')
      clock.offsetMs += 31_000
      t.match(await root.verify(first), { reason: 'rotated' })
      t.match(await root.verify(token), { valid: true })
    },
  )

  t.test('an old token ends at once on the first use of the new one', async (t) => {
    const { rotate, first, id } = await setUp()
    t.match(await root.verify(first), { valid: true })
    const { token } = (await rotate({ ...retiring, retire_on_first_use_seconds: 0 })).body
    t.match(await root.verify(first), { valid: true })
    t.match(await root.verify(token), { valid: true })
    clock.offsetMs = -3_600_000
    t.match(await root.verify(first), { reason: 'rotated' })
    t.match(await credentialsOf(id), [{ ended: true }, { ended: false }])
  })

  t.test('a first use in a batch ends the old token too', async (t) => {
    const { rotate, first } = await setUp()
    const other = await setUp()
    const { token } = (await rotate({ ...retiring, retire_on_first_use_seconds: 0 })).body
    const attempts = [{ token }, { token: other.first }, { token }, { token: 'x' }]
    const { body } = await root.post('/v1/verify/batch', { attempts })
    t.match(body.verdicts, [{ valid: true }, { valid: true }, { valid: true }, { valid: false }])
    t.match(await root.verify(first), { reason: 'rotated' })
  })

  t.test('an old token never outlives the overlap of its rotation', async (t) => {
    const { rotate, path } = await setUp()
    const { body } = await rotate({ overlap_seconds: 60, retire_on_first_use_seconds: 600 })
    t.match(await root.verify(body.token), { valid: true })
    const shown = (await root.get(path)).body.api_key
    t.equal(shown.overlap_ends_at, body.api_key.overlap_ends_at)
  })
})

t.test('a rotation reaches every instance before its receipt is complete', async (t) => {
  const { services } = await startInstances(t)
  const [{ root }, ...others] = services
  const account = await newAccount(root)
  const { id, token: first } = await newKey(root, account)
  const path = `/v1/accounts/${account}/api-keys/${id}/rotate`
  for (const api of services) t.match(await api.root.verify(first), { valid: true })
  const rotated = await root.post(path, { overlap_seconds: 0, wait_ms: 30_000 })
  t.equal(rotated.body.receipt.state, 'complete')
  for (const api of others) t.match(await api.root.verify(first), { reason: 'rotated' })
  const { token } = rotated.body
  const next = await root.post(path, { overlap_seconds: 600, wait_ms: 30_000 })
  t.equal(next.body.receipt.state, 'complete')
  for (const api of others) t.match(await api.root.verify(token), { valid: true, generation: 2 })

  const body = { overlap_seconds: 600, end_overlap: true, retire_on_first_use_seconds: 0 }
  const last = await root.post(path, body)
  await heat(others[0], next.body.token)
  t.match(await others[1].root.verify(last.body.token), { valid: true, generation: 4 })
  await until(async () => (await others[0].root.verify(next.body.token)).reason === 'rotated')
})

t.test('a revoked or expired key cannot be rotated', async (t) => {
  const revoked = await setUp()
  await root.post(`${revoked.path}/revoke`)
  await refused(t, revoked.rotate({ overlap_seconds: 0 }), 'key_revoked')
  const expires_at = new Date(Date.now() + 60_000).toISOString()
  const expired = await setUp({ expires_at })
  clock.offsetMs = 61_000
  await refused(t, expired.rotate({ overlap_seconds: 0, expires_at: null }), 'key_expired')
  const disabled = await setUp()
  await root.post(`${disabled.path}/disable`)
  const { token } = (await disabled.rotate({ overlap_seconds: 0 })).body
  t.match(await root.verify(token), { reason: 'disabled' }, 'a disabled one is, and stays disabled')
})

t.test('rotating a key requires all of its permissions', async (t) => {
  const { account, path } = await setUp({ role: 'developer' })
  const role = await newRole(root, account, 'rotator', ['api_key:rotate', 'cluster:read'])
  const rotator = as((await newKey(root, account, { role })).token)
  const weak = await newRole(root, account, 'weak', ['cluster:read'])
  const list = await newAllowList(root, account, [office])
  const weakKey = await newKey(root, account, { role: weak })
  const body = { overlap_seconds: 0 }
  t.match(await rotator.post(`${path}/rotate`, body), escalation)
  const weakPath = `/v1/accounts/${account}/api-keys/${weakKey.id}/rotate`
  t.equal((await rotator.post(weakPath, { ...body, expires_at: null })).status, 201)
  const bound = (await newKey(root, account, { allow_list_ids: [list] })).token
  const fromOffice = { body, remoteAddress: office }
  t.match(await as(bound).call('POST', weakPath, fromOffice), escalation, 'used from elsewhere')
  const viewer = as((await newKey(root, account, { role: 'viewer' })).token)
  t.match(await viewer.post(weakPath, body), {
    status: 403,
    body: { code: 'permission_denied' },
  })
})

t.test('a key may rotate itself if its role allows it, and keeps its expiry', async (t) => {
  const account = await newAccount(root)
  const role = await newRole(root, account, 'self', ['api_key:rotate_self', 'cluster:read'])
  const expires_at = '2040-01-01T00:00:00.000Z'
  const { token: first, id } = await newKey(root, account, { role, expires_at })
  const rotate = (token: string, body: object) => as(token).post('/v1/me/rotate', body)

  for (const other of [null, '2040-01-01T00:00:01Z', '2039-01-01T00:00:00Z']) {
    t.match(await rotate(first, { overlap_seconds: 0, expires_at: other }), escalation)
  }
  assertInvalid(
    t,
    await rotate(first, { overlap_seconds: 3601 }),
    [['/overlap_seconds', 'maximum']],
    'over the cap',
  )
  const second = await rotate(first, { overlap_seconds: 3600, expires_at })
  t.match(second, { status: 201, body: { generation: 2, api_key: { id, expires_at } } })
  await refused(t, rotate(first, { overlap_seconds: 0 }), 'rotation_in_progress')
  const outlive = await rotate(first, { overlap_seconds: 0, end_overlap: true })
  t.match(outlive, escalation, 'a token that is on its way out gets itself no other')
  const third = await rotate(first, { if_generation: 2, only_if_unused: true })
  t.match(third, { status: 201, body: { generation: 3 } }, 'but another try at the one it lost')
  t.match(await root.verify(third.body.token), { valid: true })
  const fourth = await rotate(third.body.token, { overlap_seconds: 0, end_overlap: true })
  t.match(fourth, { status: 201, body: { generation: 4 } })
  for (const token of [first, second.body.token, third.body.token]) {
    t.match(await root.verify(token), { reason: 'rotated' })
  }
  const admin = await newKey(root, account, { role: 'viewer' })
  t.match(await rotate(admin.token, { overlap_seconds: 0 }), {
    status: 403,
    body: { code: 'permission_denied' },
  })
})

t.test('bad rotation requests are refused with the field and the rule', async (t) => {
  const expires_at = new Date(Date.now() + 3_600_000).toISOString()
  const { rotate, first, path } = await setUp({ expires_at })
  const before = (await root.get(path)).body
  const past = new Date(Date.now() - 1).toISOString()
  const soon = new Date(Date.now() + 60_000).toISOString()
  const o = { overlap_seconds: 0 }
  const rows: readonly [string, object | undefined, readonly FieldRule[]][] = [
    ['nothing', undefined, [['/overlap_seconds', 'required']]],
    ['no overlap', {}, [['/overlap_seconds', 'required']]],
    ['a negative overlap', { overlap_seconds: -1 }, [['/overlap_seconds', 'minimum']]],
    ['over 30 days', { overlap_seconds: 30 * day + 1 }, [['/overlap_seconds', 'maximum']]],
    ['half a second', { overlap_seconds: 0.5 }, [['/overlap_seconds', 'type']]],
    ['a text', { overlap_seconds: '60' }, [['/overlap_seconds', 'type']]],
    ['beyond the expiry', { overlap_seconds: 3601 }, [['/overlap_seconds', 'before_expiry']]],
    [
      'beyond the new expiry',
      { overlap_seconds: 90, expires_at: soon },
      [['/overlap_seconds', 'before_expiry']],
    ],
    ['an expiry in the past', { ...o, expires_at: past }, [['/expires_at', 'future']]],
    ['a leap second', { ...o, expires_at: '2040-06-30T23:59:60Z' }, [['/expires_at', 'date-time']]],
    [
      'a negative retirement',
      { ...o, retire_on_first_use_seconds: -1 },
      [['/retire_on_first_use_seconds', 'minimum']],
    ],
    [
      'a late retirement',
      { ...o, retire_on_first_use_seconds: 30 * day + 1 },
      [['/retire_on_first_use_seconds', 'maximum']],
    ],
    ['generation 0', { ...o, if_generation: 0 }, [['/if_generation', 'minimum']]],
    ['an unnamed one', { only_if_unused: true }, [['/if_generation', 'required']]],
    ['no boolean', { ...o, end_overlap: 'true' }, [['/end_overlap', 'type']]],
    ['an unknown field', { ...o, force: true }, [['/force', 'unknown_field']]],
  ]
  for (const [name, body, faults] of rows) {
    const answer = await root.call('POST', `${path}/rotate`, body === undefined ? {} : { body })
    assertInvalid(t, answer, faults, name)
  }
  const unknown = `${path.slice(0, -36)}0192f3a4-5b6c-7d8e-9f01-23456789abcd/rotate`
  assertProblem(t, await root.post(unknown, o), { status: 404, code: 'not_found' }, 'no such key')
  t.same((await root.get(path)).body, before)
  t.match(await root.verify(first), { valid: true, generation: 1 })
  const largest = await setUp()
  t.equal((await largest.rotate({ overlap_seconds: 30 * day })).status, 201, '30 days')
  t.equal((await rotate({ overlap_seconds: 3500 })).status, 201, 'up to the expiry')
})

t.test('a verdict warns of an expiry that is near', async (t) => {
  const at = (days: number) => new Date(Date.now() + days * day * 1000).toISOString()
  const warned = await setUp({ expires_at: at(4.99) })
  const later = await setUp({ expires_at: at(5.01) })
  const never = await setUp()
  const verdict = await root.verify(warned.first)
  t.same([verdict.valid, verdict.warnings], [true, ['expires_soon']])
  for (const one of [later, never]) {
    t.same((await root.verify(one.first)).warnings, undefined)
  }
  const attempts = [{ token: warned.first }, { token: later.first }]
  const { body } = await root.post('/v1/verify/batch', { attempts })
  t.same(
    body.verdicts.map((one: Json) => one.warnings),
    [['expires_soon'], undefined],
  )
  const denied = await root.verify(warned.first, { permissions: ['nobody:has'] })
  t.equal(denied.warnings, undefined, 'a denial warns of nothing')
  clock.offsetMs = 0.02 * day * 1000
  t.same((await root.verify(later.first)).warnings, ['expires_soon'], 'hot ones too')
  const filter = encodeURIComponent(at(5))
  const listed = await root.get(`/v1/accounts/${warned.account}/api-keys?expires_before=${filter}`)
  t.same(
    listed.body.api_keys.map((one: Json) => one.id),
    [warned.id],
    'and the list finds it',
  )
})

t.test('the rotation rules decide which credentials end and when', async (t) => {
  const now = new Date(1_000_000)
  const newest: LiveCredential = {
    generation: 5,
    firstUsedAt: now,
    endsAt: null,
    retiresOlderAfterSeconds: 7,
  }
  const older = { ...newest, generation: 4, endsAt: new Date(1_000_001) }
  const over = { ...older, endsAt: now }
  const requested = {
    overlapSeconds: 10,
    retireOnFirstUseSeconds: 3,
    ifGeneration: undefined,
    onlyIfUnused: false,
    endOverlap: false,
    askedByGeneration: undefined,
  }
  const overlap = { generation: 5, endsAt: new Date(1_010_000) }
  const plain = { kind: 'plan', generation: 6, ends: [], overlap, retiresOlderAfterSeconds: 3 }
  t.same(planRotation(newest, [], requested, now), plain)
  t.same(planRotation(newest, [over], requested, now), plain, 'one whose time is over is not there')
  t.match(planRotation(newest, [older], requested, now), { refusal: 'rotation_in_progress' })
  t.same(planRotation(newest, [older], { ...requested, endOverlap: true }, now), {
    ...plain,
    ends: [4],
  })
  t.match(planRotation({ ...newest, firstUsedAt: null }, [older], requested, now), {
    refusal: 'rotation_in_progress',
  })
  const unused = { ...newest, firstUsedAt: null }
  const named = { ...requested, ifGeneration: 5 }
  const replaced = { kind: 'plan', generation: 6, ends: [5], overlap: null }
  t.same(planRotation(unused, [older], named, now), { ...replaced, retiresOlderAfterSeconds: 7 })
  t.same(planRotation(unused, [], named, now), plain, 'without an overlap it is rotated')
  t.same(planRotation(unused, [], { ...named, onlyIfUnused: true }, now), {
    ...replaced,
    retiresOlderAfterSeconds: null,
  })
  t.same(planRotation(unused, [older], { ...named, onlyIfUnused: true, endOverlap: true }, now), {
    ...replaced,
    ends: [4, 5],
    retiresOlderAfterSeconds: null,
  })
  t.match(
    planRotation(newest, [older], { ...requested, endOverlap: true, askedByGeneration: 4 }, now),
    {
      refusal: 'not_newest',
    },
  )
})

const escalation = { status: 403, body: { code: 'escalation' } }

async function setUp(values: object = {}) {
  const account = await newAccount(root)
  const { id, token: first } = await newKey(root, account, { role: 'viewer', ...values })
  const path = `/v1/accounts/${account}/api-keys/${id}`
  const rotate = (body: object) => root.post(`${path}/rotate`, body)
  return { account, id, path, first, rotate }
}

async function refused(t: Test, answering: Promise<Answer>, code: string): Promise<void> {
  assertProblem(t, await answering, { status: 409, code }, code)
}

async function credentialsOf(id: string): Promise<Json[]> {
  const { rows } = await raw.query(
    `select ended_at is not null as ended, ends_at, retires_older_after_seconds
     from credential where api_key_id = $1 order by generation`,
    [id],
  )
  return rows
}
