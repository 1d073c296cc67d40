/** The calls of `ybm` and the Terraform provider on keys, over a socket, and what they read. */
import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { startAeonService } from '../helpers/aeon.ts'
import type { Json } from '../helpers/api.ts'
import { newKey, newRole } from '../helpers/fixtures.ts'
import {
  createKey,
  createList,
  deleteList,
  listKeys,
  listLists,
  listRoles,
  revokeKey,
  terraformCreateKey,
  terraformDestroyKey,
  terraformRefreshKey,
  whoAmI,
  whoAmIOfOld,
} from '../helpers/ybm.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const hourMs = 3_600_000

const service = await startAeonService(t)
const { root, clock, as, aeonAs } = service

t.test('the Aeon API shows the account, its one project and the ping', async (t) => {
  const { admin, account } = await service.newTenant()
  const project = {
    id: account.project_id,
    name: 'default',
    spec: { name: 'default' },
    info: { id: account.project_id },
    metadata: null,
  }
  const data = {
    spec: { name: 'Acme' },
    info: { id: account.id, owner_id: account.id, roles: [], projects: [project] },
  }
  const current = (await admin.call('GET', '/account')).body
  const { metadata } = current.data.info
  t.match(metadata, { created_on: time, updated_on: time })
  const whole = { ...data, info: { ...data.info, metadata } }
  t.same(current, { data: whole })
  t.same((await admin.call('GET', '/accounts')).body, {
    data: [whole],
    _metadata: { continuation_token: null, links: { self: '/api/public/v1/accounts', next: null } },
  })
  const projects = `/accounts/${account.id}/projects`
  t.same((await admin.call('GET', projects)).body, {
    data: [project],
    _metadata: {
      continuation_token: null,
      links: { self: `/api/public/v1${projects}`, next: null },
    },
  })
  const { body: ping } = await admin.call('GET', '/ping')
  t.match(ping, {
    data: {
      build_info: { revision: String, branch: String },
      runtime_info: { start_timestamp: time, alive: true },
    },
  })
  admin.recorded()
  t.same(await whoAmI(admin), { account: account.id, project: account.project_id })
  t.same(admin.recorded(), ['GET /account', 'GET /account'])
  t.same(await whoAmIOfOld(admin), { account: account.id, project: account.project_id })
  t.same(admin.recorded(), ['GET /accounts', 'GET /accounts'])

  const role = await newRole(root, account.id, 'nothing', [])
  const powerless = aeonAs((await newKey(root, account.id, { role })).token)
  t.same(await whoAmI(powerless), { account: account.id, project: account.project_id }, 'any key')
  t.equal((await powerless.call('GET', '/ping')).status, 200)
})

t.test('the Aeon project id is made by the service, or given with the account', async (t) => {
  const [id, project] = [randomUUID(), randomUUID()]
  const body = { id, name: 'Moved', project_id: project.toUpperCase() }
  const made = await root.post('/v1/accounts', body)
  t.match(made, { status: 201, body: { account: { id, name: 'Moved', project_id: project } } })
  t.same((await root.post('/v1/accounts', body)).body, made.body, 'and again')
  t.equal((await root.post('/v1/accounts', { id, name: 'Moved' })).status, 200)
  const other = await root.post('/v1/accounts', { id, name: 'Moved', project_id: randomUUID() })
  t.match(other, { status: 409, body: { code: 'id_taken', errors: [{ field: '/id' }] } })
  t.equal((await root.get(`/v1/accounts/${id}`)).body.account.project_id, project)
  const api = aeonAs((await newKey(root, id)).token)
  t.same(await whoAmI(api), { account: id, project })

  const platform = aeonAs((await newKey(root, await platformAccount())).token)
  t.match(await whoAmI(platform), { account: uuid, project: uuid }, 'the platform has one too')
})

t.test('ybm api-key create, list and revoke work', async (t) => {
  const { admin, account } = await service.newTenant()
  const keys = `/accounts/${account.id}/api-keys`
  const lists = `/accounts/${account.id}/projects/${account.project_id}/allow-lists`

  await t.test('ybm creates an admin key from a name and a duration', async (t) => {
    admin.recorded()
    const { answer, lists } = await createKey(admin, { name: 'apikey-1', hours: 720 })
    t.same(admin.recorded(), ['GET /account', 'GET /account', `POST ${keys}`])
    t.equal(lists, 'N/A')
    t.same(Object.keys(answer), ['data', 'jwt'])
    const { spec, info } = answer.data
    const role = (await listRoles(admin, { name: 'Admin' }))[0]
    t.same(spec, {
      name: 'apikey-1',
      description: '',
      expire_after_hours: 720,
      role_id: role.info.id,
      allow_list_info: [],
    })
    const createdOn = info.metadata.created_on
    t.match(createdOn, time)
    t.ok(Math.abs(Date.parse(info.expiry_time) - Date.parse(createdOn) - 720 * hourMs) < 100)
    t.match(info.id, uuid)
    t.same(info, {
      id: info.id,
      issuer: 'console',
      metadata: { created_on: createdOn, updated_on: createdOn },
      expiry_time: info.expiry_time,
      status: 'ACTIVE',
      last_used_time: 'Not yet used',
      usage_count: 0,
      account_id: account.id,
      revoked_by_user_id: null,
      revoked_by_user_email: null,
      revoked_by_api_key_id: null,
      revoked_by_api_key_name: null,
      revoked_at_time: null,
      role: embedded(role),
    })
    t.same(
      (await admin.take('GET', `${keys}/${info.id}`)).data,
      answer.data,
      'and is seen so again',
    )
    await assertJwt(t, account.id, answer)
  })

  await t.test('ybm creates a key with a role named in any case', async (t) => {
    const roleId = (await listRoles(admin, { name: 'Viewer' }))[0].info.id
    admin.recorded()
    const wanted = { name: 'by role', hours: 1, description: 'reads', roleName: 'VIEWER' }
    const { answer, isSensitive } = await createKey(admin, wanted)
    t.same(admin.recorded(), [
      'GET /account',
      'GET /account',
      `GET /accounts/${account.id}/roles?role_types=ALL&limit=100&display_name=VIEWER`,
      'GET /resource-permissions',
      `GET /accounts/${account.id}/roles/${roleId}`,
      `POST ${keys}`,
    ])
    t.notOk(isSensitive)
    t.match(answer.data, {
      spec: { role_id: roleId, description: 'reads', expire_after_hours: 1 },
      info: { role: { info: { display_name: 'Viewer' }, spec: { name: 'account_viewer' } } },
    })
    const { isSensitive: asks } = await createKey(admin, {
      name: 'powerful',
      hours: 1,
      roleName: 'admin',
    })
    t.ok(asks, 'for a role that may change who may do what, the client asks for a confirmation')

    await newRole(root, account.id, 'admin of clusters', ['cluster:read'])
    const [first, ...others] = await listRoles(admin, { name: 'admin' })
    t.same([first.info.display_name, others], ['Admin', []], 'a name is matched as a whole')
    await t.rejects(
      createKey(admin, { name: 'x', hours: 1, roleName: 'adm' }),
      /could not get role/,
    )
  })

  await t.test('ybm creates a key with two allow lists', async (t) => {
    const office = await createList(admin, listOf('office', '203.0.113.7'))
    const home = await createList(admin, listOf('home', '198.51.100.0/24'))
    admin.recorded()
    const wanted = { name: 'restricted', hours: 24, lists: ['office', 'home'] }
    const { answer, lists: shown } = await createKey(admin, wanted)
    t.same(admin.recorded(), [
      'GET /account',
      'GET /account',
      `GET ${lists}`,
      `GET ${lists}`,
      `POST ${keys}`,
      `GET ${lists}?api_key_ids=${answer.data.info.id}`,
    ])
    t.same(answer.data.spec.allow_list_info, [office.info.id, home.info.id].sort())
    t.same(shown.split(', ').sort(), ['home', 'office'])
    for (const [address, valid] of [
      ['203.0.113.7', true],
      ['198.51.100.200', true],
      ['203.0.113.8', false],
    ] as const) {
      t.match(await root.verify(answer.jwt, { client_ip: address }), { valid }, address)
    }
    admin.recorded()
    const rows = await listKeys(admin, { name: 'restricted' })
    t.same(admin.recorded(), [
      'GET /account',
      'GET /account',
      `GET ${keys}?api_key_name=restricted`,
      `GET ${lists}?api_key_ids=${answer.data.info.id}`,
    ])
    t.same(rows, [{ key: answer.data, lists: shown }])
    const [officeNow] = await listLists(admin, 'office')
    t.same(officeNow.info.api_key_list, [{ name: 'restricted', status: 'ACTIVE' }])
  })

  await t.test('ybm creates a key with an allow list that it names twice', async (t) => {
    const wanted = { name: 'twice', hours: 1, lists: ['office', 'office', 'home'] }
    const { answer } = await createKey(admin, wanted)
    const ids = (await listLists(admin)).map((list) => list.info.id)
    t.same(answer.data.spec.allow_list_info, ids.sort(), 'a repeated id counts once')
    const [office] = ids
    const body = {
      name: 'in two cases',
      expire_after_hours: 1,
      allow_list_info: [office, office.toUpperCase()],
    }
    t.same((await admin.take('POST', keys, body)).data.spec.allow_list_info, [office])
    const unlisted = { ...body, name: 'null', description: null, allow_list_info: null }
    t.same((await admin.take('POST', keys, unlisted)).data.spec.allow_list_info, [])
  })

  await t.test('ybm creates a key that never expires', async (t) => {
    const { answer } = await createKey(admin, { name: 'for ever', hours: 0 })
    t.match(answer.data, {
      spec: { expire_after_hours: 0 },
      info: { expiry_time: '2099-12-31T00:00Z', status: 'ACTIVE' },
    })
    t.equal(claimsOf(answer.jwt).exp, Date.parse('2099-12-31T00:00:00Z') / 1000)
    const native = (await root.get(`/v1/accounts/${account.id}/api-keys/${answer.data.info.id}`))
      .body
    t.equal(native.api_key.expires_at, null)
    clock.offsetMs = 100 * 365 * 24 * hourMs
    t.match(await root.verify(answer.jwt), { valid: true }, 'not even after the date that it shows')
    clock.offsetMs = 0
  })

  await t.test('ybm shows the expiry that the native API has set', async (t) => {
    for (const [minutes, hours] of [
      [1, 1],
      [89, 1],
      [91, 2],
      [(876_000 + 2) * 60, 876_000],
    ] as const) {
      const expiresAt = new Date(Date.now() + minutes * 60_000).toISOString()
      const { id } = await newKey(root, account.id, { expires_at: expiresAt })
      const { data } = await admin.take('GET', `${keys}/${id}`)
      t.equal(
        data.spec.expire_after_hours,
        hours,
        `${minutes} minutes, and never 0 or more than a client may send`,
      )
      t.equal(data.info.expiry_time, expiresAt)
    }
  })

  await t.test('ybm shows how often a key was used', async (t) => {
    const { answer } = await createKey(admin, { name: 'used', hours: 0 })
    await root.verify(answer.jwt)
    await root.verify(answer.jwt)
    await service.service.deps.uses.flush(service.service.deps.db)
    const [row] = await listKeys(admin, { name: 'used' })
    t.match(row?.key.info, { usage_count: 2, last_used_time: time })
  })
})

t.test(
  'ybm api-key list shows each status, matches exact names and puts active keys first',
  async (t) => {
    const { admin, account } = await service.newTenant()
    const keys = `/v1/accounts/${account.id}/api-keys`
    const ids = new Map<string, string>()
    const make = async (name: string, hours = 0) => {
      const { answer } = await createKey(admin, { name, hours })
      ids.set(name, answer.data.info.id)
      return answer.data.info.id as string
    }
    await make('ends soon', 1)
    const revoked = await make('revoked')
    await revokeKey(admin, 'revoked')
    const disabled = await make('disabled')
    await root.post(`${keys}/${disabled}/disable`)
    await make('alive')
    clock.offsetMs = 2 * hourMs

    const named = async (status?: string) => {
      const rows = await listKeys(admin, status === undefined ? {} : { status })
      return rows.map(({ key }) => [key.spec.name, key.info.status])
    }
    const active = [
      ['alive', 'ACTIVE'],
      ['console', 'ACTIVE'],
    ]
    t.same(await named(), active, 'the client asks for the active ones')
    t.same(await named('ACTIVE'), active)
    t.same(await named('EXPIRED'), [['ends soon', 'EXPIRED']])
    const ended = [
      ['disabled', 'REVOKED'],
      ['revoked', 'REVOKED'],
    ]
    t.same(await named('REVOKED'), ended)
    t.same(await named('ACTIVE,REVOKED'), [...active, ...ended])
    const all = await admin.take('GET', `/accounts/${account.id}/api-keys`)
    t.same(
      all.data.map((key: Json) => [key.spec.name, key.info.status]),
      [...active, ...ended, ['ends soon', 'EXPIRED']],
      'all of them: active first, then the newest',
    )

    const me = (await root.get(keys)).body.api_keys.find((key: Json) => key.name === 'console')
    const info = async (id: string) =>
      (await admin.take('GET', `/accounts/${account.id}/api-keys/${id}`)).data.info
    const ofRevoked = await info(revoked)
    t.match(ofRevoked, {
      status: 'REVOKED',
      revoked_at_time: time,
      revoked_by_api_key_id: me.id,
      revoked_by_api_key_name: 'console',
      revoked_by_user_id: null,
      revoked_by_user_email: null,
    })
    t.equal(ofRevoked.metadata.updated_on, ofRevoked.revoked_at_time)
    t.match(await info(disabled), {
      status: 'REVOKED',
      revoked_at_time: null,
      revoked_by_api_key_id: null,
      revoked_by_api_key_name: null,
    })
    t.match(await info(ids.get('ends soon') ?? ''), { status: 'EXPIRED', revoked_at_time: null })

    for (const name of ['aliv', 'ALIVE', 'alive ', 'al%']) {
      t.same(await listKeys(admin, { name }), [], `${name} is the name of no key`)
    }
    clock.offsetMs = 0
    const path = `/accounts/${account.id}/api-keys`
    for (const spelling of ['api_key_name', 'apiKeyName', 'name']) {
      const { data } = await admin.take('GET', `${path}?${spelling}=alive`)
      t.same(
        data.map((key: Json) => key.spec.name),
        ['alive'],
        spelling,
      )
    }
    const same = await admin.take('GET', `${path}?name=alive&api_key_name=alive`)
    t.equal(same.data.length, 1, 'two spellings with one value')
    const pairs = [
      'api_key_name=alive&name',
      'name=alive&apiKeyName',
      'api_key_name=alive&apiKeyName',
    ]
    for (const pair of pairs) {
      const answer = await admin.call('GET', `${path}?${pair}=ends%20soon`)
      t.equal(answer.status, 400, `${pair}: no filter is ignored`)
      t.match(answer.body.error.detail, 'Send api_key_name only.')
    }
  },
)

t.test('ybm shows who issued and who revoked a key', async (t) => {
  const { admin, account } = await service.newTenant()
  const platform = await platformAccount()
  const console = as((await newKey(root, platform, { role: 'admin' })).token)
  const keys = `/v1/accounts/${account.id}/api-keys`
  const acting = { 'x-acting-user': 'u-1', 'x-acting-user-name': 'user%40yb.com' }
  const body = { name: 'by a user', role: 'viewer', expires_at: null }
  const issued = await console.call('POST', keys, { headers: acting, body })
  const { id } = issued.body.api_key
  await console.call('POST', `${keys}/${id}/revoke`, { headers: acting, body: {} })
  const path = `/accounts/${account.id}/api-keys/${id}`
  const byUser = { revoked_by_user_id: 'u-1', revoked_by_user_email: 'user@yb.com' }
  t.match((await admin.take('GET', path)).data.info, { issuer: 'user@yb.com', ...byUser })

  const byPlatform = await newKey(root, account.id, { role: 'viewer' })
  await root.post(`${keys}/${byPlatform.id}/revoke`)
  const other = `/accounts/${account.id}/api-keys/${byPlatform.id}`
  const hidden = { issuer: 'platform', revoked_by_api_key_id: null, revoked_by_api_key_name: null }
  t.match((await admin.take('GET', other)).data.info, { ...hidden, revoked_at_time: time })
  const seen = (await aeonAs((await newKey(root, platform)).token).take('GET', other)).data.info
  t.match(seen, {
    issuer: /^root /,
    revoked_by_api_key_id: uuid,
    revoked_by_api_key_name: /^root /,
  })
})

t.test('ybm api-key revoke by name revokes the active key among those of that name', async (t) => {
  const { admin, account } = await service.newTenant()
  const jwts: string[] = []
  const keys = `/accounts/${account.id}/api-keys`
  for (let round = 0; round < 3; round += 1) {
    const { answer } = await createKey(admin, { name: 'deploy', hours: 0 })
    jwts.push(answer.jwt)
    admin.recorded()
    t.equal(await revokeKey(admin, 'deploy'), answer.data.info.id, 'the one that is active')
    t.same(admin.recorded(), [
      'GET /account',
      'GET /account',
      `GET ${keys}?api_key_name=deploy`,
      `POST ${keys}/${answer.data.info.id}/revoke`,
    ])
    for (const jwt of jwts) t.match(await root.verify(jwt), { valid: false, reason: 'revoked' })
  }
  const { answer } = await createKey(admin, { name: 'deploy', hours: 0 })
  await root.post(`/v1${keys}/${answer.data.info.id}/disable`)
  t.equal(await revokeKey(admin, 'deploy'), answer.data.info.id, 'and a disabled one before others')
  const again = await admin.call('POST', `${keys}/${answer.data.info.id}/revoke`)
  t.match(again, { status: 200, text: '' }, 'revoking again changes nothing')
  await t.rejects(revokeKey(admin, 'never was'), /could not get API key data/)
})

t.test('the name of a disabled key is taken, and the Aeon API says so', async (t) => {
  const { admin, account } = await service.newTenant()
  const list = await createList(admin, listOf('office', '203.0.113.7'))
  const wanted = { name: 'once', hours: 0, lists: ['office'] }
  const { answer } = await createKey(admin, wanted)
  const taken = {
    status: 409,
    message:
      'name: Another key of the account that is neither revoked nor expired has this name. It may be disabled.',
  }
  await t.rejects(createKey(admin, wanted), taken)
  await root.post(`/v1/accounts/${account.id}/api-keys/${answer.data.info.id}/disable`)
  const [shown] = await listKeys(admin, { name: 'once' })
  t.equal(shown?.key.info.status, 'REVOKED', 'the clients know no disabled key')
  await t.rejects(createKey(admin, wanted), taken)

  const body = { name: 'once', role: 'viewer', expires_at: null }
  t.match(await root.post(`/v1/accounts/${account.id}/api-keys`, body), {
    status: 409,
    body: {
      code: 'name_taken',
      detail: 'Another key of the account has this name. It may be disabled.',
      errors: [{ field: '/name', message: /It may be disabled\.$/ }],
    },
  })
  const similar = await root.post(`/v1/accounts/${account.id}/api-keys`, { ...body, name: 'оnce' })
  t.match(similar, { status: 409, body: { errors: [{ message: /It may be disabled\. / }] } })

  const inUse = /allow list\. It may be disabled\.$/
  await t.rejects(deleteList(admin, 'office'), { status: 409, message: inUse })
  t.same((await listLists(admin, 'office'))[0]?.info.api_key_list, [], `${list.info.id} shows none`)
  const role = await newRole(root, account.id, 'held', [])
  const held = await newKey(root, account.id, { role })
  await root.post(`/v1/accounts/${account.id}/api-keys/${held.id}/disable`)
  t.match(await root.delete(`/v1/accounts/${account.id}/roles/${role}`), {
    status: 409,
    body: { code: 'in_use', detail: /has this role\. It may be disabled\.$/ },
  })
  await revokeKey(admin, 'once')
  await deleteList(admin, 'office')
  t.equal((await createKey(admin, { name: 'once', hours: 0 })).answer.data.info.status, 'ACTIVE')
})

t.test('ybm lists thirty keys in one list and page by page', async (t) => {
  const { admin, account } = await service.newTenant()
  const made: string[] = []
  for (let index = 0; index < 30; index += 1) {
    made.push((await createKey(admin, { name: `key ${index}`, hours: 0 })).answer.data.spec.name)
  }
  for (const name of made.slice(0, 10)) await revokeKey(admin, name)
  const expected = [...made.slice(10).reverse(), 'console', ...made.slice(0, 10).reverse()]
  const path = `/accounts/${account.id}/api-keys`
  const names = (data: Json[]) => data.map((key) => key.spec.name)
  const whole = await admin.take('GET', path)
  t.same(names(whole.data), expected, 'all are on the first page')
  t.equal((await listKeys(admin, { status: 'ACTIVE' })).length, 21)
  t.same(whole._metadata, {
    continuation_token: null,
    links: { self: `/api/public/v1${path}`, next: null },
  })
  for (const limit of [1, 7, 10, 21, 30, 31]) {
    const collected: string[] = []
    let next: string | null = `${path}?limit=${limit}`
    while (next !== null) {
      const page: Json = await admin.take('GET', next)
      t.ok(page.data.length > 0 && page.data.length <= limit, 'no page is empty or too long')
      collected.push(...names(page.data))
      const { continuation_token: token, links } = page._metadata
      t.equal(links.self, `/api/public/v1${next}`)
      t.equal(token === null, links.next === null)
      next = links.next?.replace('/api/public/v1', '') ?? null
      if (token !== null)
        t.equal(new URLSearchParams(next?.split('?')[1]).get('continuation_token'), token)
    }
    t.same(collected, expected, `${limit} a page`)
  }
  const sorted = await admin.take('GET', `${path}?order_by=name&status=ACTIVE&limit=3`)
  t.same(names(sorted.data), ['console', 'key 10', 'key 11'], 'in the order asked for')
  const reversed = await admin.take('GET', `${path}?order_by=name&order=desc&limit=2`)
  t.same(names(reversed.data), ['key 29', 'key 28'])
})

t.test('Terraform creates, refreshes and destroys an API key', async (t) => {
  const { admin, account } = await service.newTenant()
  const keys = `/accounts/${account.id}/api-keys`
  admin.recorded()
  const state = await terraformCreateKey(admin, {
    name: 'tf',
    hours: 24 * 30,
    roleName: 'Developer',
  })
  t.same(
    admin.recorded().map((call) => call.replace(state.id, '{id}')),
    [
      'GET /account',
      'GET /account',
      `GET /accounts/${account.id}/roles?role_types=ALL&limit=100&display_name=Developer`,
      `POST ${keys}`,
      'GET /account',
      'GET /account',
      `GET ${keys}/{id}`,
    ],
  )
  t.match(state, { name: 'tf', status: 'ACTIVE', role: 'Developer', lists: [], apiKey: /^eyJ/ })
  const { apiKey, ...rest } = state
  t.same(await terraformRefreshKey(admin, state.id), rest, 'a refresh changes nothing')
  t.same(await whoAmI(aeonAs(apiKey)), { account: account.id, project: account.project_id })
  admin.recorded()
  await terraformDestroyKey(admin, state.id)
  t.same(admin.recorded(), [`POST ${keys}/${state.id}/revoke`])
  t.same(await terraformRefreshKey(admin, state.id), { ...rest, status: 'REVOKED' })
  t.match(await root.verify(apiKey), { valid: false, reason: 'revoked' })
})

function listOf(name: string, entry: string) {
  return { name, description: `${name} of ours`, allow_list: [entry] }
}

/** A role inside a key. */
function embedded(role: Json): Json {
  return { ...role, info: { ...role.info, users: null, api_keys: null } }
}

async function platformAccount(): Promise<string> {
  return (await root.get('/v1/me')).body.api_key.account_id
}

function claimsOf(jwt: string): Json {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
}

/** Checks the claims that `ybm auth` parses, and that every API accepts the key. */
async function assertJwt(t: Test, accountId: string, { jwt, data }: Json): Promise<void> {
  t.match(jwt, /^eyJ[\w-]+\.[\w-]+\.[\w-]{43}$/)
  const claims = claimsOf(jwt)
  t.same(Object.keys(claims), ['jti', 'iat', 'exp', 'tok'])
  t.equal(claims.jti, data.info.id)
  t.equal(claims.iat, Math.floor(Date.parse(data.info.metadata.created_on) / 1000))
  t.equal(claims.exp, Math.floor(Date.parse(data.info.expiry_time) / 1000))
  t.ok(claims.iat * 1000 <= Date.now() && claims.exp * 1000 > Date.now(), 'now is between the two')
  t.match(claims.tok, /^aeon_\w{65}_\w{11}$/)
  t.match(await root.verify(jwt), { valid: true, api_key: { id: data.info.id } })
  t.match(await root.verify(claims.tok), { valid: true }, 'and so is the token inside')
  t.equal((await as(jwt).get('/v1/me')).body.api_key.id, data.info.id)
  t.equal((await whoAmI(aeonAs(jwt))).account, accountId)
}
