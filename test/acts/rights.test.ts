import { Client } from 'pg'
import t, { type Test } from 'tap'
import { age } from '../helpers/age.ts'
import type { Answer, Api, CallOptions, Json } from '../helpers/api.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { startTestService, type TestService } from '../helpers/service.ts'

const anHourMs = 3_600_000
const office = '203.0.113.7'

const started = await startTestService(t)

t.test('a caller cannot issue a key with more permissions than its own', async (t) => {
  const { account, as, root } = await setUp()
  const issuerRole = await newRole(root, account, 'issuer', ['api_key:create', 'cluster:read'])
  const issuer = as(await keyWith(root, account, issuerRole))
  const weak = await newRole(root, account, 'weak', ['cluster:read'])
  const strong = await newRole(root, account, 'strong', ['backup:delete', 'cluster:update'])

  t.equal((await issue(issuer, account, { role: weak })).status, 201)
  const refused = await issue(issuer, account, { role: strong })
  t.match(refused, { status: 403, body: { code: 'escalation' } })
  t.match(refused.body.detail, /does not hold: backup:delete, backup:read, cluster:update\./)
  t.match(await issue(issuer, account, { role: 'admin' }), escalation)
  t.match(
    await issue(issuer, account, { role: issuerRole }),
    { status: 201 },
    'all that it holds itself, implied permissions included',
  )
  const viewer = as(await keyWith(root, account, 'viewer'))
  t.match(await issue(viewer, account, { role: 'viewer' }), permissionDenied)
})

t.test('an act is refused when its client address leaves the allow lists meanwhile', async (t) => {
  const { account, as, root } = await setUp()
  const raw = await connectRaw(t, started.database.url)
  const role = await newRole(root, account, 'issuer', ['api_key:create'])
  const list = await newAllowList(root, account, ['10.0.0.0/8'])
  const author = as((await newKey(root, account, { role, allow_list_ids: [list] })).token)
  await raw.query('begin')
  await raw.query('select from account where id = $1 for update', [account])
  const answered = author.call('POST', `/v1/accounts/${account}/api-keys`, {
    body: { name: 'late', role, expires_at: null, allow_list_ids: [list] },
    remoteAddress: '10.1.0.1',
  })
  await untilBlocked(raw)
  await raw.query(`update allow_list set entries = '{192.0.2.0/24}' where id = $1`, [list])
  await raw.query('commit')
  const detail = /client address is not in the allow lists/
  t.match(await answered, { status: 403, body: { code: 'permission_denied', detail } })
})

t.test('enabling a key needs all that the key may do; disabling and revoking do not', async (t) => {
  const { account, as, root } = await setUp()
  const role = await newRole(root, account, 'warden', ['api_key:disable', 'api_key:revoke'])
  const warden = as(await keyWith(root, account, role))
  const victim = await newKey(root, account, { role: 'admin' })

  t.equal((await act(warden, account, victim.id, 'disable')).body.api_key.status, 'disabled')
  const refused = await act(warden, account, victim.id, 'enable')
  t.match(refused, escalation)
  t.match(refused.body.detail, /does not hold: .*cluster:create/)
  t.equal((await act(root, account, victim.id, 'enable')).body.api_key.status, 'active')
  t.equal((await act(warden, account, victim.id, 'revoke')).body.api_key.status, 'revoked')

  const equal = await newKey(root, account, { role })
  t.equal((await act(warden, account, equal.id, 'disable')).status, 200)
  t.equal((await act(warden, account, equal.id, 'enable')).status, 200)

  const reader = as(
    await keyWith(root, account, await newRole(root, account, 'r', ['api_key:read'])),
  )
  for (const verb of ['revoke', 'disable', 'enable'] as const) {
    t.match(await act(reader, account, equal.id, verb), permissionDenied, verb)
  }
})

t.test('writing a role requires all permissions that it had and will have', async (t) => {
  const { account, as, root } = await setUp()
  const editorRole = await newRole(root, account, 'editor', [
    'role:create',
    'role:update',
    'role:delete',
    'cluster:read',
  ])
  const editor = as(await keyWith(root, account, editorRole))
  const path = `/v1/accounts/${account}/roles`
  const put = (id: string, permissions: string[]) =>
    editor.put(`${path}/${id}`, { name: `role ${id.slice(-4)}`, permissions })

  t.equal((await editor.post(path, { name: 'small', permissions: ['cluster:read'] })).status, 201)
  const created = await editor.post(path, { name: 'big', permissions: ['cluster:delete'] })
  t.match(created, escalation)
  t.match(created.body.detail, /does not hold: cluster:delete\./)

  const small = await newRole(root, account, 'before small', ['cluster:read'])
  const big = await newRole(root, account, 'before big', ['backup:delete'])
  t.match(await put(small, ['backup:delete']), escalation, 'what it gives')
  const emptied = await put(big, [])
  t.match(emptied, escalation, 'what it gave')
  t.match(emptied.body.detail, /does not hold: backup:delete, backup:read\./)
  t.match(await put(small, []), { status: 200, body: { role: { permissions: [] } } })
  t.match(await put(small, ['cluster:read']), { status: 200 })
  t.equal((await editor.delete(`${path}/${big}`)).status, 204, 'deleting gives nobody anything')
  const reader = as(await keyWith(root, account, 'viewer'))
  t.match(await reader.post(path, { name: 'x', permissions: [] }), permissionDenied)
  t.match(await reader.put(`${path}/${small}`, { name: 'x', permissions: [] }), permissionDenied)
  t.match(await reader.delete(`${path}/${small}`), permissionDenied)
})

t.test('widening an allow list requires all permissions of the keys that use it', async (t) => {
  const { account, as, root } = await setUp()
  const role = await newRole(root, account, 'gatekeeper', [
    'allow_list:create',
    'allow_list:update',
    'allow_list:delete',
    'cluster:read',
  ])
  const gatekeeper = as(await keyWith(root, account, role))
  const list = await newAllowList(root, account, ['10.0.0.0/8', '2001:db8::/32'])
  const path = `/v1/accounts/${account}/allow-lists/${list}`
  const set = (entries: string[]) => gatekeeper.patch(path, { entries })

  t.equal((await set(['10.0.0.0/8', '2001:db8::/32', '11.0.0.1'])).status, 200, 'no key is there')
  t.equal((await set(['10.0.0.0/8', '2001:db8::/32'])).status, 200)
  const strong = await newKey(root, account, { role: 'developer', allow_list_ids: [list] })
  const widened = await set(['10.0.0.0/8', '2001:db8::/32', '11.0.0.1'])
  t.match(widened, escalation)
  t.match(widened.body.detail, /does not hold: .*cluster:create/)
  t.match(await set(['0.0.0.0/0']), escalation)
  t.match(await set(['10.0.0.0/9']), permissionDenied, 'narrowing denies the key like disabling it')
  t.equal((await gatekeeper.patch(path, { name: 'other' })).status, 200)

  await act(root, account, strong.id, 'disable')
  t.match(await set(['10.0.0.0/7']), escalation, 'a disabled key may be enabled again')
  await act(root, account, strong.id, 'revoke')
  t.equal((await set(['10.0.0.0/8'])).status, 200, 'a revoked one never')
  await newKey(root, account, {
    role: await newRole(root, account, 'weak', ['cluster:read']),
    allow_list_ids: [list],
  })
  t.equal((await set(['0.0.0.0/0'])).status, 200, 'the gatekeeper holds cluster:read')
})

t.test('a key restricted by address cannot grant a wider reach than its own', async (t) => {
  const { account, as, root } = await setUp()
  const own = await newAllowList(root, account, [office], 'own')
  const second = await newAllowList(root, account, ['203.0.113.0/24'], 'own too')
  const other = await newAllowList(root, account, ['198.51.100.0/24'], 'other')
  const { token } = await newKey(root, account, { role: 'admin', allow_list_ids: [own, second] })
  const bound = from(as(token), office)
  const keys = `/v1/accounts/${account}/api-keys`
  const lists = `/v1/accounts/${account}/allow-lists`

  t.match(await from(as(token), '192.0.2.1').get(keys), permissionDenied, 'from elsewhere')
  t.match(await issue(bound, account, {}), escalation, 'anywhere')
  t.match(await issue(bound, account, { allow_list_ids: [other] }), escalation)
  t.match(await issue(bound, account, { allow_list_ids: [own, other] }), escalation)
  t.equal((await issue(bound, account, { allow_list_ids: [own] })).status, 201)
  t.equal((await issue(bound, account, { allow_list_ids: [second, own] })).status, 201)

  const free = await newKey(root, account, { role: 'viewer' })
  const elsewhere = await newKey(root, account, { role: 'viewer', allow_list_ids: [other] })
  const beside = await newKey(root, account, { role: 'viewer', allow_list_ids: [own] })
  for (const key of [free, elsewhere, beside]) {
    t.equal((await act(bound, account, key.id, 'disable')).status, 200)
  }
  t.match(await act(bound, account, free.id, 'enable'), escalation)
  t.match(await act(bound, account, elsewhere.id, 'enable'), escalation)
  t.equal((await act(bound, account, beside.id, 'enable')).status, 200)

  for (const change of [{ entries: ['0.0.0.0/0'] }, { entries: [office] }, { name: 'renamed' }]) {
    t.match(await bound.patch(`${lists}/${own}`, change), escalation, JSON.stringify(change))
  }
  t.match(await bound.delete(`${lists}/${own}`), escalation)
  t.match(await bound.delete(`${lists}/${second}`), escalation)
  t.match(
    await bound.patch(`${lists}/${other}`, { entries: ['0.0.0.0/0'] }),
    escalation,
    'a list that restricts another key is a reach that is not its own',
  )
  t.equal((await bound.patch(`${lists}/${other}`, { entries: ['198.51.100.7'] })).status, 200)
  const made = await bound.post(lists, { name: 'new', entries: ['0.0.0.0/0'] })
  t.equal(made.status, 201)
  t.match(await issue(bound, account, { allow_list_ids: [made.body.allow_list.id] }), escalation)
  t.equal((await bound.delete(`${lists}/${made.body.allow_list.id}`)).status, 204)

  const roles = `/v1/accounts/${account}/roles`
  const shared = await newRole(root, account, 'shared', ['cluster:read'])
  const wider = await newKey(root, account, { role: shared })
  const given = (permissions: string[]) =>
    bound.put(`${roles}/${shared}`, { name: 'shared', permissions })
  t.match(
    await given(['cluster:read', 'backup:read']),
    escalation,
    'a key that is used from anywhere has the role',
  )
  t.equal((await given([])).status, 200, 'taking away gives nobody anything')
  t.equal((await act(root, account, wider.id, 'revoke')).status, 200)
  await newKey(root, account, { role: shared, allow_list_ids: [own] })
  t.equal((await given(['cluster:read'])).status, 200, 'within its own lists it may give')
})

t.test(
  'an account key acts in its account only, a platform key everywhere by its role',
  async (t) => {
    const { account, as, root } = await setUp()
    const admin = as((await newKey(root, account)).token)
    const foreign = await newAccount(root, 'Globex')
    const foreignKey = await newKey(root, foreign)
    const foreignRole = await newRole(root, foreign, 'theirs', ['cluster:read'])
    const foreignList = await newAllowList(root, foreign, [office])

    for (const path of ['api-keys', 'roles', 'allow-lists', `api-keys/${foreignKey.id}`]) {
      const answer = await admin.get(`/v1/accounts/${foreign}/${path}`)
      t.match(answer, { status: 404, body: { code: 'not_found' } }, path)
    }
    t.match(await issue(admin, foreign, { role: 'viewer' }), { status: 404 })
    t.match(await act(admin, foreign, foreignKey.id, 'revoke'), { status: 404 })
    t.match(await act(admin, account, foreignKey.id, 'revoke'), { status: 404 })
    t.match(await issue(admin, account, { role: foreignRole }), { status: 400 })
    t.match(await issue(admin, account, { allow_list_ids: [foreignList] }), { status: 400 })
    t.match(await admin.get(`/v1/api-keys/${foreignKey.id}`), permissionDenied)
    t.match(await admin.post('/v1/accounts', { name: 'x' }), permissionDenied)
    t.match(await admin.post('/v1/verify', { token: 'x' }), permissionDenied)

    const platform = await platformOf(root)
    const support = as(
      await keyWith(
        root,
        platform,
        await newRole(root, platform, 'support', [
          'api_key:read',
          'api_key:disable',
          'cluster:read',
        ]),
      ),
    )
    for (const any of [account, foreign]) {
      t.equal((await support.get(`/v1/accounts/${any}/api-keys`)).status, 200)
      t.match(await issue(support, any, { role: 'viewer' }), permissionDenied)
    }
    t.equal((await act(support, foreign, foreignKey.id, 'disable')).status, 200)
    t.match(await act(support, foreign, foreignKey.id, 'enable'), escalation)
    const clerk = as(
      await keyWith(root, platform, await newRole(root, platform, 'clerk', ['api_key:create'])),
    )
    t.match(await issue(clerk, foreign, { role: 'viewer' }), escalation)
    t.equal((await act(root, foreign, foreignKey.id, 'enable')).status, 200)

    t.match(
      await admin.post(`/v1/accounts/${account}/roles`, {
        name: 'x',
        permissions: ['api_key:verify'],
      }),
      { status: 400, body: { errors: [{ field: '/permissions/0', rule: 'scope' }] } },
    )
    t.match(
      await root.post(`/v1/accounts/${account}/roles`, {
        name: 'x',
        permissions: ['account:act_as'],
      }),
      { status: 400 },
      'not even the root key puts a permission of the platform into a role of a tenant',
    )
  },
)

t.test('built-in roles have the documented permissions and cannot be changed', async (t) => {
  const { account, as, root } = await setUp()
  const catalogue: Json[] = (await root.get('/v1/permissions')).body.permissions
  const roles = await builtInRolesOf(root, account)
  t.same([...roles.keys()].sort(), ['admin', 'developer', 'viewer'])
  const platform = await platformOf(root)
  const platformRoles = await builtInRolesOf(root, platform)
  t.same([...platformRoles.keys()].sort(), ['admin', 'developer', 'verifier', 'viewer'])
  t.same(platformRoles.get('verifier')?.permissions, ['api_key:verify'])

  const names = (filter: (entry: Json) => boolean) =>
    catalogue.filter(filter).map((entry) => entry.name)
  const ofAccounts = names((entry) => entry.scope === 'account')
  t.same(roles.get('admin')?.permissions, ofAccounts)
  t.same(
    platformRoles.get('admin')?.permissions,
    names(() => true),
  )
  const developer: string[] = roles.get('developer')?.permissions
  const managed = ['account_user', 'account_login_type', 'api_key', 'role', 'billing_profile']
  for (const name of ofAccounts) {
    const [resource = '', operation] = name.split(':')
    if (['cluster', 'backup', 'backup_schedule', 'read_replica'].includes(resource)) {
      t.ok(developer.includes(name), `a developer has ${name}`)
    }
    if (managed.includes(resource) && operation !== 'read') {
      t.notOk(developer.includes(name), `a developer has no ${name}`)
    }
    t.equal(
      roles.get('viewer')?.permissions.includes(name),
      operation === 'read',
      `a viewer reads only: ${name}`,
    )
  }
  for (const entry of catalogue) {
    if (entry.sensitive) t.notOk(developer.includes(entry.name), `${entry.name} is sensitive`)
  }

  for (const role of [...roles.values(), ...platformRoles.values()]) {
    const path = `/v1/accounts/${role.account_id}/roles/${role.id}`
    const put = await root.put(path, { name: role.name, permissions: role.permissions })
    t.match(put, { status: 409, body: { code: 'built_in' } }, role.name)
    t.match(await root.delete(path), { status: 409, body: { code: 'built_in' } }, role.name)
  }
  const taken = await root.post(`/v1/accounts/${account}/roles`, { name: 'Admin', permissions: [] })
  t.match(taken, { status: 409, body: { code: 'name_taken' } })
  const me = await as((await newKey(root, account, { role: 'viewer' })).token).get('/v1/me')
  t.match(me.body, { role: { name: 'viewer', built_in: true } })
  t.same(me.body.permissions, roles.get('viewer')?.permissions)
})

t.test(
  'a role or list used by a live key cannot be deleted, unlike one used by ended keys',
  async (t) => {
    const { account, clock, database, root } = await setUp()
    for (const [plural, make, use] of [
      ['roles', () => newRole(root, account, unique(), []), (id: string) => ({ role: id })],
      [
        'allow-lists',
        () => newAllowList(root, account, [office], unique()),
        (id: string) => ({ allow_list_ids: [id] }),
      ],
    ] as const) {
      const id = await make()
      const path = `/v1/accounts/${account}/${plural}/${id}`
      const inUse = { status: 409, body: { code: 'in_use' } }
      const live = await newKey(root, account, use(id))
      t.match(await root.delete(path), inUse, 'live')
      await act(root, account, live.id, 'disable')
      t.match(await root.delete(path), inUse, 'disabled')
      await act(root, account, live.id, 'revoke')
      const expiring = await newKey(root, account, { ...use(id), expires_at: inAnHour() })
      const disabled = await newKey(root, account, { ...use(id), expires_at: inAnHour() })
      await act(root, account, disabled.id, 'disable')
      t.match(await root.delete(path), inUse, 'not expired yet')
      clock.offsetMs = anHourMs + 1000
      t.match(await root.delete(path), inUse, 'not by the clock that all share')
      await age(database.url, anHourMs + 1000)
      t.equal((await root.delete(path)).status, 204, 'revoked and expired keys do not keep it')
      t.match(await root.get(path), { status: 404 })
      t.match(await root.delete(path), { status: 404 })
      t.match(await issue(root, account, use(id)), { status: 400 })
      for (const key of [live, expiring, disabled]) {
        const shown = await root.get(`/v1/accounts/${account}/api-keys/${key.id}`)
        t.same(shown.body.api_key.role, key.body.role, 'an old key always shows its role')
        t.same(shown.body.api_key.allow_list_ids, key.body.allow_list_ids, 'and its lists')
      }
      clock.offsetMs = 0
    }
  },
)

t.test('a key name is taken while the key lives and free after its end', async (t) => {
  const { account, clock, database, root } = await setUp()
  const named = (values = {}) => issue(root, account, { name: 'ci', ...values })
  const taken = { status: 409, body: { code: 'name_taken', errors: [{ field: '/name' }] } }
  const first = await named()
  t.match(await named(), taken)
  t.equal((await issue(root, account, { name: 'CI' })).status, 201, 'names are never altered')
  await act(root, account, first.body.api_key.id, 'disable')
  t.match(await named(), taken, 'a disabled key holds its name')
  await act(root, account, first.body.api_key.id, 'revoke')
  const second = await named({ expires_at: inAnHour() })
  t.equal(second.status, 201, 'a revoked key does not')
  t.match(await named(), taken)
  clock.offsetMs = anHourMs + 1000
  await age(database.url, anHourMs + 1000)
  const { id } = second.body.api_key
  t.equal((await named()).status, 201, 'nor does an expired one')
  t.match(await named(), taken)
  for (const offsetMs of [anHourMs + 1000, 0]) {
    clock.offsetMs = offsetMs
    const shown = await root.get(`/v1/accounts/${account}/api-keys/${id}`)
    t.equal(shown.body.api_key.name, 'ci', 'an old key always shows its name')
  }
  t.equal((await issue(root, await newAccount(root), { name: 'ci' })).status, 201)
})

t.test('expiry of a key is final, and enable, disable and revoke are idempotent', async (t) => {
  const { account, clock, root, as } = await setUp()
  const key = await newKey(root, account, { expires_at: inAnHour() })
  const first = await act(root, account, key.id, 'disable')
  clock.offsetMs = 1000
  const again = await act(root, account, key.id, 'disable')
  t.equal(again.status, 200)
  t.equal(again.body.api_key.disabled_at, first.body.api_key.disabled_at, 'nothing changed')
  t.equal((await act(root, account, key.id, 'enable')).body.api_key.disabled_at, null)
  t.equal((await act(root, account, key.id, 'enable')).body.api_key.status, 'active')

  await act(root, account, key.id, 'disable')
  clock.offsetMs = anHourMs + 1000
  const late = await act(root, account, key.id, 'enable')
  t.match(late, { status: 409, body: { code: 'key_expired' } })
  t.match(await root.verify(key.token), { valid: false, reason: 'disabled' })

  const warden = as((await newKey(root, account)).token)
  const revoked = await act(root, account, key.id, 'revoke', { reason: 'lost' })
  const repeated = await act(warden, account, key.id, 'revoke', { reason: 'other' })
  t.equal(revoked.body.api_key.revocation_reason, 'lost')
  t.same(repeated.body.api_key.revoked_at, revoked.body.api_key.revoked_at)
  t.equal(repeated.body.api_key.revocation_reason, 'lost', 'the first revocation stays')
  t.equal(repeated.body.api_key.revoked_by.kind, 'platform')
  for (const verb of ['disable', 'enable'] as const) {
    const refused = await act(root, account, key.id, verb)
    t.match(refused, { status: 409, body: { code: 'key_revoked' } }, verb)
  }
})

t.test('an edit of a role takes effect at once on hot keys', async (t) => {
  const { account, root, service } = await setUp()
  const id = await newRole(root, account, 'ops', ['cluster:update'])
  const { token } = await newKey(root, account, { role: id })
  const wants = (...permissions: string[]) => root.verify(token, { permissions })
  const put = (permissions: string[], path = account) =>
    root.put(`/v1/accounts/${path}/roles/${id}`, { name: 'ops', permissions })
  t.match(await wants('cluster:update', 'cluster:read'), { valid: true })
  await assertHot(t, service, () => wants('cluster:update'))

  t.equal((await put(['cluster:read'])).status, 200)
  t.match(await wants('cluster:update'), { valid: false, reason: 'insufficient_permissions' })
  t.match(await wants('cluster:read'), { valid: true, permissions: ['cluster:read'] })
  t.equal((await put(['cluster:read', 'backup:read'])).status, 200)
  t.match(await wants('backup:read'), { valid: true })
  await assertHot(t, service, () => wants('backup:read'))
  t.equal((await put([], account.toUpperCase())).status, 200)
  t.match(
    await wants('backup:read'),
    { valid: false, reason: 'insufficient_permissions' },
    'however the account is spelt in the path',
  )
  t.match(await wants(), { valid: true, permissions: [] })

  const caller = await newKey(root, account, {
    role: await newRole(root, account, 'reader', ['api_key:read']),
  })
  const callerRole = caller.body.role.id
  const reading = () => root.call('GET', `/v1/accounts/${account}/api-keys`, bearer(caller.token))
  t.equal((await reading()).status, 200)
  await root.put(`/v1/accounts/${account}/roles/${callerRole}`, { name: 'reader', permissions: [] })
  t.equal((await reading()).status, 403, 'the callers of this service included')
})

t.test('an edit of an allow list takes effect at once on hot keys', async (t) => {
  const { account, root, service } = await setUp()
  const id = await newAllowList(root, account, [office, '2001:db8::/32', '::ffff:198.51.100.0/120'])
  const { token } = await newKey(root, account, { allow_list_ids: [id] })
  const at = (client_ip?: string) =>
    root.verify(token, client_ip === undefined ? {} : { client_ip })
  const denied = { valid: false, reason: 'address_not_allowed', api_key: { account_id: account } }
  const set = (entries: string[], path = account) =>
    root.patch(`/v1/accounts/${path}/allow-lists/${id}`, { entries })
  t.match(await at(office), { valid: true })
  await assertHot(t, service, () => at(office))
  t.match(await at(`::ffff:${office}`), { valid: true }, 'an IPv4-mapped address is IPv4')
  t.match(await at('198.51.100.9'), { valid: true }, 'in an entry too')
  t.match(await at('2001:db8::9'), { valid: true })
  t.match(await at('203.0.113.8'), denied)
  t.match(await at(), denied, 'no address is no reach')

  t.equal((await set(['203.0.113.8'])).status, 200)
  t.match(await at(office), denied)
  t.match(await at('203.0.113.8'), { valid: true })
  await assertHot(t, service, () => at('203.0.113.8'))
  t.equal((await set([office], account.toUpperCase())).status, 200)
  t.match(await at('203.0.113.8'), denied, 'however the account is spelt in the path')
  t.match(await at(office), { valid: true })
})

t.test('a restricted key without allow lists is denied from every address', async (t) => {
  const { account, root, service, database } = await setUp()
  const list = await newAllowList(root, account, ['0.0.0.0/0', '::/0'])
  const dead = await newKey(root, account, { allow_list_ids: [list] })
  const bare = await newKey(root, account, { allow_list_ids: [list] })
  t.match(await root.verify(dead.token, { client_ip: office }), { valid: true })
  const client = new Client({ connectionString: database.url })
  await client.connect()
  t.teardown(() => client.end())
  await client.query(`update api_key_allow_list set live = null where api_key_id = $1`, [dead.id])
  await client.query(`delete from api_key_allow_list where api_key_id = $1`, [bare.id])
  await client.query(`update allow_list set live = false, deleted_at = now() where id = $1`, [list])
  service.deps.cache.clear()
  for (const { token } of [dead, bare]) {
    for (const client_ip of [office, '::1', undefined]) {
      const verdict = await root.verify(token, client_ip === undefined ? {} : { client_ip })
      t.match(verdict, { valid: false, reason: 'address_not_allowed' }, `from ${client_ip}`)
    }
  }
})

const escalation = { status: 403, body: { code: 'escalation' } }
const permissionDenied = { status: 403, body: { code: 'permission_denied' } }

async function setUp(): Promise<TestService & { readonly account: string }> {
  started.clock.offsetMs = 0
  return { ...started, account: await newAccount(started.root) }
}

let names = 0

function unique(): string {
  names += 1
  return `thing ${names}`
}

function inAnHour(): string {
  return new Date(Date.now() + anHourMs).toISOString()
}

function issue(api: Api, account: string, values: object): Promise<Answer> {
  return api.post(`/v1/accounts/${account}/api-keys`, {
    name: unique(),
    role: 'admin',
    expires_at: null,
    ...values,
  })
}

async function keyWith(root: Api, account: string, role: string): Promise<string> {
  return (await newKey(root, account, { role })).token
}

function act(
  api: Api,
  account: string,
  id: string,
  verb: 'revoke' | 'disable' | 'enable',
  body: object = {},
): Promise<Answer> {
  return api.post(`/v1/accounts/${account}/api-keys/${id}/${verb}`, body)
}

/** The same caller at another address. */
function from(api: Api, remoteAddress: string): Api {
  const call: Api['call'] = (method, path, options: CallOptions = {}) =>
    api.call(method, path, { ...options, remoteAddress })
  return {
    ...api,
    call,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, { body }),
    put: (path, body) => call('PUT', path, { body }),
    patch: (path, body) => call('PATCH', path, { body }),
    delete: (path) => call('DELETE', path),
  }
}

function bearer(token: string): CallOptions {
  return { headers: { authorization: `Bearer ${token}` } }
}

async function platformOf(root: Api): Promise<string> {
  return (await root.get('/v1/me')).body.api_key.account_id
}

async function builtInRolesOf(api: Api, account: string): Promise<Map<string, Json>> {
  const { body } = await api.get(`/v1/accounts/${account}/roles`)
  const builtIn = body.roles.filter((role: Json) => role.built_in)
  return new Map(builtIn.map((role: Json) => [role.name, role]))
}

/**
 * That the verification is answered from memory, so that what follows shows that memory keeps up.
 */
async function assertHot(
  t: Test,
  service: TestService['service'],
  verify: () => Promise<Json>,
): Promise<void> {
  await verify()
  const before = service.deps.counters.credentialReads
  await verify()
  t.equal(service.deps.counters.credentialReads, before, 'hot')
}
