/** The permissions, the refusals, the error texts and the paths of the Aeon API. */
import { createHmac } from 'node:crypto'
import t from 'tap'
import { parseCatalogue } from '../../src/domain/permission.ts'
import aeonCatalogue from '../../src/domain/permissions.aeon.json' with { type: 'json' }
import { type AeonApi, type AeonMethod, aeonPrefix, startAeonService } from '../helpers/aeon.ts'
import type { Answer, Json } from '../helpers/api.ts'
import { auditLogOf } from '../helpers/audit-log.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { testIssuer, testProvider } from '../helpers/people.ts'
import { startDatabaseProxy } from '../helpers/proxy.ts'
import { parseRoute, routesOf } from '../helpers/routes.ts'
import { startTestService } from '../helpers/service.ts'
import { createKey, revokeKey, whoAmI } from '../helpers/ybm.ts'

/** Every route, and the permission that it needs; null: any valid key. */
const guarded: Readonly<Record<string, string | null>> = {
  'GET /ping': null,
  'GET /account': null,
  'GET /accounts': null,
  'GET /accounts/:account_id/projects': null,
  'GET /accounts/:account_id/api-keys': 'api_key:read',
  'POST /accounts/:account_id/api-keys': 'api_key:create',
  'GET /accounts/:account_id/api-keys/:id': 'api_key:read',
  'POST /accounts/:account_id/api-keys/:id/revoke': 'api_key:revoke',
  'GET /accounts/:account_id/projects/:project_id/allow-lists': 'allow_list:read',
  'POST /accounts/:account_id/projects/:project_id/allow-lists': 'allow_list:create',
  'GET /accounts/:account_id/projects/:project_id/allow-lists/:id': 'allow_list:read',
  'DELETE /accounts/:account_id/projects/:project_id/allow-lists/:id': 'allow_list:delete',
  'GET /accounts/:account_id/roles': 'role:read',
  'POST /accounts/:account_id/roles': 'role:create',
  'GET /accounts/:account_id/roles/:id': 'role:read',
  'PUT /accounts/:account_id/roles/:id': 'role:update',
  'DELETE /accounts/:account_id/roles/:id': 'role:delete',
  'GET /accounts/:account_id/users': 'account_user:read',
  'POST /accounts/:account_id/users': 'account_user:invite',
  'POST /accounts/:account_id/users/batch': 'account_user:invite',
  'PUT /accounts/:account_id/users/:id/roles': 'account_user:update',
  'DELETE /accounts/:account_id/users/:id': 'account_user:delete',
  'GET /resource-permissions': 'role:read',
  'GET /permissions': 'role:read',
  'GET /auth/resource-permissions': 'role:read',
  'GET /auth/permissions': 'role:read',
}

/** The audit action of each route that changes something. */
const recorded: Readonly<Record<string, string>> = {
  'POST /accounts/:account_id/api-keys': 'api_key.issued',
  'POST /accounts/:account_id/api-keys/:id/revoke': 'api_key.revoked',
  'POST /accounts/:account_id/projects/:project_id/allow-lists': 'allow_list.created',
  'DELETE /accounts/:account_id/projects/:project_id/allow-lists/:id': 'allow_list.deleted',
  'POST /accounts/:account_id/roles': 'role.created',
  'PUT /accounts/:account_id/roles/:id': 'role.updated',
  'DELETE /accounts/:account_id/roles/:id': 'role.deleted',
  'POST /accounts/:account_id/users': 'invitation.sent',
  'POST /accounts/:account_id/users/batch': 'invitation.sent',
  'PUT /accounts/:account_id/users/:id/roles': 'user.updated',
  'DELETE /accounts/:account_id/users/:id': 'user.removed',
}

/** What `:id` names, by a part of the path. */
const kinds: readonly [string, Exclude<keyof Ids, 'account' | 'project'>][] = [
  ['/users', 'users'],
  ['/roles', 'roles'],
  ['/allow-lists', 'lists'],
]

const unknownId = '0192f3a4-5b6c-7d8e-9f01-23456789abcd'
const hourMs = 3_600_000
const invalidJwt = refusal(401, 'Invalid JWT')
const expiredJwt = refusal(401, 'JWT has expired')
const noSuchApi = refusal(404, 'Requested API not found')

const settings = { OIDC_FILE: await writeOidcFile(t, [testProvider]) }
const service = await startAeonService(t, { settings })
const { root, aeonAs, clock } = service

t.test('every route of the Aeon API asks for a token before it reads the body', async (t) => {
  const present = routesOf(service.service.app)
    .filter((route) => route.includes(` ${aeonPrefix}/`) && !route.startsWith('HEAD '))
    .map((route) => route.replace(aeonPrefix, ''))
  t.same(present, Object.keys(guarded).sort(), 'the list is whole')
  const nobody = aeonAs(undefined)
  for (const route of present) {
    const { method, path } = parseRoute(route)
    const raw = { type: 'application/json', text: '{' }
    const call = method as AeonMethod
    t.match(await nobody.call(call, fill(path, {})), invalidJwt, route)
    if (call === 'GET') continue
    t.match(await nobody.call(call, fill(path, {}), { raw }), invalidJwt, `${route}, a bad body`)
  }
})

t.test(
  'each Aeon API route needs its permission and no more, and audits what it changes',
  async (t) => {
    const { account } = await service.newTenant()
    const raw = await connectRaw(t, service.database.url)
    const withPermissions = async (name: string, permissions: readonly string[]) => {
      const role = await newRole(root, account.id, name, permissions)
      return aeonAs((await newKey(root, account.id, { name, role })).token)
    }
    const powerless = await withPermissions('powerless', [])
    for (const [index, [route, permission]] of Object.entries(guarded).entries()) {
      const held = await newRole(root, account.id, `held ${index}`, [])
      const free = await newRole(root, account.id, `free ${index}`, [])
      const ids = {
        account: account.id,
        project: account.project_id,
        keys: (await newKey(root, account.id, { role: held })).id,
        lists: await newAllowList(root, account.id, ['10.0.0.1'], `list ${index}`),
        roles: free,
        users: await addUser(account.id, held, index),
      }
      const call = (caller: AeonApi) => callRoute(caller, route, ids, index, held)
      if (permission === null) {
        t.equal((await call(powerless)).status, 200, `${route} is for any key`)
        continue
      }
      const told = refusal(403, `The operation requires the permission ${permission}.`)
      t.match(await call(powerless), told, `${route}, without permissions`)
      const others = await withPermissions(`all but ${index}`, allBut(permission))
      t.match(await call(others), told, `${route}, with all but ${permission}`)
      const exact = await withPermissions(`exact ${index}`, [permission])
      const answer = await call(exact)
      t.equal(answer.status, 200, `${route}, with ${permission} alone: ${answer.text}`)
      const id = answer.headers['x-request-id']
      const events = (await auditLogOf(raw, account.id)).filter((event) => event.request_id === id)
      const actions = events.map((event) => event.action)
      t.equal(route in recorded, !route.startsWith('GET '), `${route} is known to change something`)
      t.same(actions, route in recorded ? [recorded[route]] : [], `${route}, its events`)
    }
  },
)

t.test('the Aeon API tells a caller that its key expired, and no other reason', async (t) => {
  const { admin, account } = await service.newTenant()
  const make = async (name: string, hours = 0): Promise<string> =>
    (await createKey(admin, { name, hours })).answer.jwt
  const [good, revoked, disabled, brief] = [
    await make('good'),
    await make('revoked'),
    await make('disabled'),
    await make('brief', 1),
  ]
  await revokeKey(admin, 'revoked')
  const { data } = await admin.take('GET', `/accounts/${account.id}/api-keys?name=disabled`)
  await root.post(`/v1/accounts/${account.id}/api-keys/${data[0].info.id}/disable`)
  t.equal((await aeonAs(brief).call('GET', '/account')).status, 200)
  clock.offsetMs = hourMs
  t.match(await aeonAs(brief).call('GET', '/account'), expiredJwt, 'expired')
  t.match(await root.verify(brief), { valid: false, reason: 'expired' }, 'and so it is elsewhere')
  clock.offsetMs = 0
  const bad: readonly [string, string | undefined][] = [
    ['none', undefined],
    ['revoked', revoked],
    ['disabled', disabled],
    ['no token at all', 'x'],
    ['not ASCII', 'ey\u00e9'],
    ['of 8 kB', `eyJ${'a'.repeat(8_000)}`],
    ['a signature of another', `${good.slice(0, -2)}AA`],
  ]
  for (const [told, token] of bad)
    t.match(await aeonAs(token).call('GET', '/account'), invalidJwt, told)
  for (const authorization of ['Basic eDp5', 'Bearer', `Bearer ${good} x`, good]) {
    const answer = await aeonAs(undefined).call('GET', '/account', { headers: { authorization } })
    t.match(answer, invalidJwt, authorization.slice(0, 8))
  }
  const list = await newAllowList(root, account.id, ['203.0.113.1'])
  const elsewhere = await newKey(root, account.id, { allow_list_ids: [list] })
  const told = refusal(403, 'The client address is not in the allow lists of the API key.')
  t.match(await aeonAs(elsewhere.token).call('GET', '/account'), told)
})

t.test('the Aeon API rejects a JWT with any bit changed or without a signature', async (t) => {
  const { admin } = await service.newTenant()
  const { answer } = await createKey(admin, { name: 'original', hours: 1 })
  const jwt: string = answer.jwt
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const changed: string[] = []
  for (const [place, character] of [...jwt].entries()) {
    for (let bit = 1; bit < alphabet.length && character !== '.'; bit *= 2) {
      const other = alphabet.charAt(alphabet.indexOf(character) ^ bit)
      changed.push(jwt.slice(0, place) + other + jwt.slice(place + 1))
    }
  }
  t.ok(changed.length > 1_500, `${changed.length} JWTs`)
  const accepted: Json[] = []
  for (const forged of changed) {
    const verdict = await root.verify(forged)
    if (verdict.reason !== 'not_found') accepted.push([forged, verdict])
  }
  t.same(accepted, [])
  const [header = '', payload = '', signature = ''] = jwt.split('.')
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const hmac = (signed: string) => createHmac('sha256', 'a key').update(signed).digest('base64url')
  const none = encode({ alg: 'none', typ: 'JWT' })
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const later = encode({ ...claims, exp: claims.exp + 1_000_000 })
  const forgeries: readonly [string, string][] = [
    ['alg none, unsigned', `${none}.${payload}.`],
    ['alg none, signed', `${none}.${payload}.${signature}`],
    ['alg None', `${encode({ alg: 'None' })}.${payload}.`],
    ['unsigned', `${header}.${payload}.`],
    ['another key', `${header}.${payload}.${hmac(`${header}.${payload}`)}`],
    ['a later end', `${header}.${later}.${signature}`],
    [
      'another header of the same meaning',
      `${encode({ typ: 'JWT', alg: 'HS256' })}.${payload}.${signature}`,
    ],
  ]
  for (const [told, forged] of forgeries) {
    t.match(
      await root.verify(forged),
      { valid: false, reason: 'not_found', api_key: undefined },
      told,
    )
    t.match(await aeonAs(forged).call('GET', '/account'), invalidJwt, told)
  }
  t.match(await root.verify(jwt), { valid: true }, 'the original is good')
})

t.test("the Aeon API answers 404 for another account's or project's resources", async (t) => {
  const { admin, account } = await service.newTenant()
  const other = await service.newTenant()
  const key = await newKey(root, account.id)
  const list = await newAllowList(root, account.id, ['10.0.0.1'])
  const role = await newRole(root, account.id, 'mine', [])
  const at = `/accounts/${account.id}`
  const lists = `${at}/projects/${account.project_id}/allow-lists`
  const paths = [
    `${at}/projects`,
    `${at}/api-keys`,
    `${at}/api-keys/${key.id}`,
    lists,
    `${lists}/${list}`,
    `${at}/roles`,
    `${at}/roles/${role}`,
  ]
  for (const path of paths) {
    t.equal((await admin.call('GET', path)).status, 200, path)
    t.match(await other.admin.call('GET', path), refusal(404, 'The account does not exist.'), path)
  }
  const foreign = `/accounts/${other.account.id}`
  const there: readonly [string, string][] = [
    [`${foreign}/api-keys/${key.id}`, 'API key'],
    [`${foreign}/roles/${role}`, 'role'],
    [`${foreign}/projects/${other.account.project_id}/allow-lists/${list}`, 'allow list'],
    [`${foreign}/projects/${account.project_id}/allow-lists`, 'project'],
    [`${foreign}/projects/none/allow-lists`, 'project'],
    [`${foreign}/api-keys/none`, 'API key'],
    [`${foreign}/roles/none`, 'role'],
    [`${foreign}/projects/${other.account.project_id}/allow-lists/none`, 'allow list'],
  ]
  for (const [path, what] of there) {
    t.match(await other.admin.call('GET', path), refusal(404, `The ${what} does not exist.`), path)
  }
  const upper = `/accounts/${account.id.toUpperCase()}/projects/${account.project_id.toUpperCase()}`
  t.equal((await admin.call('GET', `${upper}/allow-lists`)).status, 200, 'an id has two cases')
  t.same(await whoAmI(admin), { account: account.id, project: account.project_id })
})

t.test('the Aeon API refuses to grant permissions that the caller does not hold', async (t) => {
  const { account } = await service.newTenant()
  const permissions = ['api_key:create', 'role:create', 'role:update']
  const role = await newRole(root, account.id, 'issuer', permissions)
  const issuer = aeonAs((await newKey(root, account.id, { role })).token)
  const told = { status: 403, body: { error: { detail: /^The caller cannot grant permissions/ } } }
  const key = { name: 'more', expire_after_hours: 1 }
  const at = `/accounts/${account.id}`
  t.match(await issuer.call('POST', `${at}/api-keys`, { body: key }), told, 'Admin, by default')
  const own = await issuer.call('POST', `${at}/api-keys`, { body: { ...key, role_id: role } })
  t.equal(own.status, 200, 'its own role it may give')
  const cluster = [{ resource_type: 'CLUSTER', operation_groups: [{ operation_group: 'READ' }] }]
  const body = { name: 'more', permissions: cluster }
  t.match(await issuer.call('POST', `${at}/roles`, { body }), told)
  t.match(await issuer.call('PUT', `${at}/roles/${role}`, { body }), told)
})

t.test('the Aeon API names the field that breaks a rule as the caller wrote it', async (t) => {
  const { admin, account } = await service.newTenant()
  const at = `/accounts/${account.id}`
  const good = { name: 'k', expire_after_hours: 1 }
  const ofKeys: readonly [object, string][] = [
    [
      {},
      'name: The field is required: write a string of 1 to 120 characters. expire_after_hours: The field is required: write a whole number from 0 to 876000.',
    ],
    [{ ...good, name: '' }, 'name: The value must be a string of 1 to 120 characters.'],
    [{ ...good, name: ' k' }, 'name: The text must not begin or end with white space.'],
    [
      { ...good, name: 'a'.repeat(121) },
      'name: The value must be a string of 1 to 120 characters.',
    ],
    [{ ...good, name: 5 }, 'name: The value must be a string of 1 to 120 characters.'],
    [
      { ...good, description: 'a'.repeat(1001) },
      'description: The value must be a string of at most 1000 characters.',
    ],
    [
      { ...good, expire_after_hours: -1 },
      'expire_after_hours: The value must be a whole number from 0 to 876000.',
    ],
    [
      { ...good, expire_after_hours: -2147483648 },
      'expire_after_hours: The value must be a whole number from 0 to 876000.',
    ],
    [
      { ...good, expire_after_hours: 876_001 },
      'expire_after_hours: The value must be a whole number from 0 to 876000.',
    ],
    [
      { ...good, expire_after_hours: 1.5 },
      'expire_after_hours: The value must be a whole number from 0 to 876000.',
    ],
    [
      { ...good, expire_after_hours: '1' },
      'expire_after_hours: The value must be a whole number from 0 to 876000.',
    ],
    [
      { ...good, expire_after_hours: null },
      'expire_after_hours: The value must be a whole number from 0 to 876000.',
    ],
    [
      { ...good, role_id: 'admin' },
      'role_id: The value must be a UUID, such as 0192f3a4-5b6c-7d8e-9f01-23456789abcd.',
    ],
    [
      { ...good, role_id: unknownId },
      'role_id: The role does not exist in the account: write the id of one of its roles, which the list of roles has.',
    ],
    [
      { ...good, expires_at: null },
      'expires_at: The field does not exist. The fields are name, description, expire_after_hours, role_id, allow_list_info.',
    ],
    [
      { ...good, role: 'admin' },
      'role: The field does not exist. The fields are name, description, expire_after_hours, role_id, allow_list_info.',
    ],
    [
      { ...good, allow_list_info: [unknownId] },
      'allow_list_info[0]: The allow list does not exist in the account: write the id of one of its allow lists.',
    ],
    [
      { ...good, allow_list_info: ['x'] },
      'allow_list_info[0]: The value must be a UUID, such as 0192f3a4-5b6c-7d8e-9f01-23456789abcd.',
    ],
    [
      { ...good, allow_list_info: 'x' },
      'allow_list_info: The value must be an array of at most 100 UUIDs.',
    ],
    [
      { ...good, 'a%sb%d': 1 },
      'a?sb?d: The field does not exist. The fields are name, description, expire_after_hours, role_id, allow_list_info.',
    ],
    [[], 'The body must be a JSON object.'],
  ]
  for (const [body, detail] of ofKeys) {
    const answer = await admin.call('POST', `${at}/api-keys`, { body })
    t.match(answer, refusal(400, detail), JSON.stringify(body).slice(0, 80))
  }
  const lists = `${at}/projects/${account.project_id}/allow-lists`
  const list = { name: 'l', description: '', allow_list: ['10.0.0.1'] }
  const ofLists: readonly [object, RegExp][] = [
    [
      { ...list, allow_list: [] },
      /^allow_list: The value must be an array of 1 to 100 addresses and ranges\.$/,
    ],
    [{ ...list, allow_list: ['10.0.0.1', 'nowhere%s'] }, /^allow_list\[1\]: /],
    [{ ...list, allow_list: ['10.0.0.1,10.0.0.2'] }, /^allow_list\[0\]: /],
    [
      { ...list, allow_list: Array(101).fill('10.0.0.1') },
      /^allow_list: .* 1 to 100 addresses and ranges\.$/,
    ],
    [
      { ...list, entries: [] },
      /^entries: The field does not exist\. The fields are name, description, allow_list\.$/,
    ],
    [{ ...list, name: unknownId }, /^name: The name must not have the form of a UUID\.$/],
  ]
  for (const [body, detail] of ofLists) {
    const answer = await admin.call('POST', lists, { body })
    t.match(answer, { status: 400, body: { error: { detail, status: 400 } } }, JSON.stringify(body))
  }
  const permission = (resource_type: string, operation_group: string) => ({
    resource_type,
    operation_groups: [{ operation_group }],
  })
  const known = permission('CLUSTER', 'READ')
  const ofRoles: readonly [readonly object[], string][] = [
    [
      [known, permission('MOON', 'READ')],
      'permissions[1].operation_groups[0]: The permission catalogue does not contain this permission. GET /api/public/v1/resource-permissions lists the catalogue.',
    ],
    [
      [permission('API_KEY', 'VERIFY'), known],
      'permissions[0].operation_groups[0]: The permission catalogue does not contain this permission. GET /api/public/v1/resource-permissions lists the catalogue.',
    ],
    [
      [known, { resource_type: 'BACKUP', operation_groups: [] }],
      'permissions[1].operation_groups: The value must be an array of 1 to 100 elements.',
    ],
    [
      [known, permission('BACKUP', 'READ'), permission('CLUSTER', 'UPDATE')],
      'permissions[2].resource_type: An earlier entry has the same resource type. Write all operation groups of a resource type in one entry.',
    ],
    [
      [{ operation_groups: [{ operation_group: 'READ' }] }],
      'permissions[0].resource_type: The field is required: write a resource type of the catalogue, such as CLUSTER.',
    ],
    [
      [permission('cluster', 'READ')],
      'permissions[0].resource_type: The value must be a resource type of the catalogue, such as CLUSTER.',
    ],
  ]
  for (const [permissions, detail] of ofRoles) {
    const answer = await admin.call('POST', `${at}/roles`, { body: { name: 'r', permissions } })
    t.match(answer, refusal(400, detail), detail)
  }
  t.equal((await admin.take('GET', `${at}/api-keys`)).data.length, 1, 'nothing was made')
})

t.test('an operation without a body refuses fields, and takes an empty body', async (t) => {
  const { admin, account } = await service.newTenant()
  const { id } = await newKey(root, account.id)
  const list = await newAllowList(root, account.id, ['10.0.0.1'])
  const revoke = `/accounts/${account.id}/api-keys/${id}/revoke`
  const lists = `/accounts/${account.id}/projects/${account.project_id}/allow-lists`
  const body = { reason: 'old' }
  const told = refusal(400, 'reason: The field does not exist: the operation has no fields.')
  t.match(await admin.call('POST', revoke, { body }), told)
  t.match(await admin.call('DELETE', `${lists}/${list}`, { body }), told)
  const { data } = await admin.take('GET', `/accounts/${account.id}/api-keys/${id}`)
  t.equal(data.info.status, 'ACTIVE', 'nothing was done')
  for (const text of ['', 'null', '{}']) {
    const raw = { type: 'application/json', text }
    t.equal((await admin.call('POST', revoke, { raw })).status, 200, text)
  }
})

t.test('the Aeon API refuses queries that break a rule', async (t) => {
  const { admin, account } = await service.newTenant()
  const keys = `/accounts/${account.id}/api-keys`
  const roles = `/accounts/${account.id}/roles`
  const lists = `/accounts/${account.id}/projects/${account.project_id}/allow-lists`
  const statuses =
    'status: The value must be one or more of ACTIVE, EXPIRED, REVOKED, separated by commas.'
  const cursor =
    'continuation_token: The value must be a continuation_token of this list, with the same order and filters.'
  const bad: readonly [string, string][] = [
    [`${keys}?status=active`, statuses],
    [`${keys}?status=ACTIVE,DISABLED`, statuses],
    [`${keys}?status=`, statuses],
    [
      `${keys}?status=ACTIVE&status=REVOKED`,
      'status: The parameter must be sent once. The value must be one or more of ACTIVE, EXPIRED, REVOKED, separated by commas.',
    ],
    [
      `${keys}?key_name=x`,
      'key_name: The parameter does not exist. The parameters are limit, continuation_token, order, order_by, api_key_name, status.',
    ],
    [`${keys}?api_key_name=%zz`, 'The query must be percent-encoded UTF-8.'],
    [`${keys}?%ff=x`, 'The query must be percent-encoded UTF-8.'],
    [
      `${keys}?%25s=x`,
      '?s: The parameter does not exist. The parameters are limit, continuation_token, order, order_by, api_key_name, status.',
    ],
    [
      `${keys}?api_key_name=a&api_key_name=b`,
      'api_key_name: The parameter must be sent once. The value must be a string of 1 to 120 characters without the character NUL.',
    ],
    [
      `${keys}?api_key_name=`,
      'api_key_name: The value must be a string of 1 to 120 characters without the character NUL.',
    ],
    [
      `${keys}?api_key_name=a%00`,
      'api_key_name: The value must be a string of 1 to 120 characters without the character NUL.',
    ],
    [`${keys}?limit=0`, 'limit: The value must be a whole number from 1 to 1000.'],
    [`${keys}?limit=1001`, 'limit: The value must be a whole number from 1 to 1000.'],
    [`${keys}?limit=x`, 'limit: The value must be a whole number from 1 to 1000.'],
    [`${keys}?order=up`, 'order: The value must be one of asc, desc.'],
    [`${keys}?order_by=owner`, 'order_by: The value must be one of created_on, name, expiry_time.'],
    [`${keys}?continuation_token=x`, cursor],
    [`${keys}?continuation_token=0.x`, cursor],
    [`${keys}?continuation_token=2.`, cursor],
    [`${lists}?continuation_token=x`, cursor],
    [
      `${lists}?name=x`,
      'name: The parameter does not exist. The parameters are limit, continuation_token, order, order_by, api_key_ids.',
    ],
    [
      '/account?access_token=x',
      'access_token: A URL must not contain a token. Send it in the header Authorization: Bearer <token>.',
    ],
    [
      `${keys}/${unknownId}?%25s=x`,
      '?s: The parameter does not exist: the operation has no parameters.',
    ],
    [`${lists}?api_key_ids=x`, 'api_key_ids: The value must be key ids, separated by commas.'],
    [
      `${roles}?role_types=BUILT-IN`,
      'role_types: The value must be one of ALL, SYSTEM, USER_DEFINED.',
    ],
    [`${roles}?include_permissions=yes`, 'include_permissions: The value must be true or false.'],
  ]
  for (const [path, detail] of bad) {
    t.match(await admin.call('GET', path), refusal(400, detail), path)
  }
  await newKey(root, account.id, { name: 'a' })
  await newKey(root, account.id, { name: 'b' })
  const page = await admin.take('GET', `${keys}?limit=1&order_by=name`)
  const other = `${keys}?limit=1&continuation_token=${page._metadata.continuation_token}`
  t.match(await admin.call('GET', other), refusal(400, cursor), 'a token of another order')
  t.equal((await admin.call('GET', `${other}&order_by=name`)).status, 200)
  t.equal((await admin.call('GET', `${keys}?continuation_token=`)).status, 200, 'an empty one')
})

t.test('the Aeon API refuses unreadable bodies and unknown paths', async (t) => {
  const { admin, account } = await service.newTenant()
  const keys = `/accounts/${account.id}/api-keys`
  const bodies: readonly [string, string | Buffer, number, string][] = [
    [
      'application/json',
      '{"name":"a","expire_after_hours":1,"name":"b"}',
      400,
      'name: The member is present more than once. Send it once.',
    ],
    [
      'application/json',
      '{',
      400,
      'The body is not JSON: at line 1, column 2, a member name in double quotes or } is expected. The body ends there.',
    ],
    [
      'application/json',
      Buffer.from('{"name":"\xff"}', 'latin1'),
      400,
      'The body is not valid UTF-8. Send JSON in UTF-8.',
    ],
    [
      'application/json',
      `"${' '.repeat(300_000)}"`,
      413,
      'The body is larger than the limit of the operation, 32768 bytes.',
    ],
    [
      'text/plain',
      'name=x',
      415,
      'The body is text/plain. Send JSON with Content-Type: application/json.',
    ],
    [
      'application/x-www-form-urlencoded',
      'name=x',
      415,
      'The body is application/x-www-form-urlencoded. Send JSON with Content-Type: application/json.',
    ],
  ]
  for (const [type, text, status, detail] of bodies) {
    const answer = await admin.call('POST', keys, { raw: { type, text } })
    t.match(answer, refusal(status, detail), `${type} ${status}`)
  }
  const nowhere: readonly [AeonMethod, string][] = [
    ['GET', ''],
    ['GET', '/'],
    ['GET', '/nothing'],
    ['GET', '/users/self'],
    ['GET', '/ACCOUNT'],
    ['POST', '/account'],
    ['PATCH', keys],
    ['DELETE', keys],
    ['GET', `/accounts/${account.id}/clusters`],
    ['GET', `${keys}/%zz`],
    ['GET', `/accounts/${account.id}/projects/${account.project_id}/allow-lists/a/b`],
  ]
  for (const [method, path] of nowhere) t.match(await admin.call(method, path), noSuchApi, path)
  for (const path of [`${keys}/${'a'.repeat(101)}`, `/accounts/${'a'.repeat(4_000)}/api-keys`]) {
    const answer = await admin.call('GET', path)
    t.equal(answer.status, 404)
    t.not(answer.body.error.detail, 'Requested API not found', 'the clients would fall back')
  }
  const raw = { type: 'application/json', text: '{' }
  t.match(await admin.call('POST', '/nothing', { raw }), noSuchApi, 'before a body is read')
  t.match(await aeonAs(undefined).call('GET', '/nothing'), noSuchApi, 'whoever asks')
  for (const path of ['/api/public/v12/account', '/api/public/v2', '/api', '/api/public/v1x']) {
    const answer = await root.get(path)
    t.match(
      answer,
      { status: 404, body: { code: 'not_found' } },
      `${path} does not belong to the Aeon API`,
    )
  }
})

t.test('the Aeon API answers 503 without the database, and denies nobody', async (t) => {
  const database = await createTestDatabase()
  const proxy = await startDatabaseProxy(database.url)
  // Teardowns run in reverse: the service stops first.
  t.teardown(async () => {
    await proxy.close()
    await database.drop()
  })
  const cuttable = await startAeonService(t, {
    database: { ...database, url: proxy.url },
  })
  const { admin, account } = await cuttable.newTenant()
  const cold = cuttable.aeonAs((await createKey(admin, { name: 'cold', hours: 1 })).answer.jwt)
  proxy.cut()
  const away = refusal(503, 'The database is unavailable.')
  const keys = `/accounts/${account.id}/api-keys`
  t.match(await admin.call('GET', '/account'), away)
  t.match(await admin.call('GET', keys), away)
  t.match(await admin.call('POST', keys, { body: { name: 'k', expire_after_hours: 0 } }), away)
  t.match(await cold.call('GET', '/ping'), away, 'a key that is not known yet')
  t.equal((await admin.call('GET', '/ping')).status, 200, 'one that is known')
  proxy.restore()
})

t.test('AEON_API=off removes every route of the Aeon API', async (t) => {
  const off = await startTestService(t, { settings: { AEON_API: 'off' } })
  const { id } = (await off.root.post('/v1/accounts', { name: 'Acme' })).body.account
  const paths = [
    '/api/public/v1/account',
    `/api/public/v1/accounts/${id}/api-keys`,
    '/api/public/v1/',
  ]
  for (const path of [...paths, '/openapi/aeon.json']) {
    t.match(await off.root.get(path), { status: 404, body: { code: 'not_found' } }, path)
  }
  t.notOk(routesOf(off.service.app).some((route) => route.includes('/api/')))
})

t.test('the Aeon API has an OpenAPI document of its own, apart from the native one', async (t) => {
  const aeon = (await root.get('/openapi/aeon.json')).body
  const native = (await root.get('/openapi.json')).body
  const routes = Object.keys(guarded).map((route) => {
    const { method, path } = parseRoute(route)
    return `${method} ${aeonPrefix}${path.replaceAll(/:(\w+)/g, '{$1}')}`
  })
  const aliases = ['/permissions', '/auth/permissions', '/auth/resource-permissions']
  const described = operationsOf(aeon).map(({ route }) => route)
  const documented = routes.filter(
    (r) => !aliases.some((alias) => r === `GET ${aeonPrefix}${alias}`),
  )
  t.same(described.sort(), documented.sort())
  const names = operationsOf(aeon).map(({ operationId }) => operationId)
  t.same(
    names.sort(),
    [...clientOperations].sort(),
    'operations are called as the clients call them',
  )
  t.notOk(JSON.stringify(native).includes('/api/public'))
  t.notOk('ApiKeyData' in native.components.schemas)
  t.notOk('Problem' in aeon.components.schemas)
  t.same(aeon.components.securitySchemes, {
    BearerAuthToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  })
})

/** The operation ids of the clients' library. */
const clientOperations = [
  'GetPing',
  'GetCurrentAccount',
  'ListAccounts',
  'ListProjects',
  'ListApiKeys',
  'CreateApiKey',
  'GetApiKey',
  'RevokeApiKey',
  'ListNetworkAllowLists',
  'CreateNetworkAllowList',
  'GetNetworkAllowList',
  'DeleteNetworkAllowList',
  'ListRbacRoles',
  'CreateRole',
  'GetRole',
  'UpdateRole',
  'DeleteRole',
  'ListResourcePermissions',
  'ListAccountUsers',
  'InviteAccountUser',
  'BatchInviteAccountUsers',
  'ModifyUserRole',
  'RemoveAccountUser',
]

function operationsOf(document: Json): { route: string; operationId: string }[] {
  return Object.entries<Json>(document.paths).flatMap(([path, item]) =>
    Object.entries<Json>(item).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      operationId: operation.operationId,
    })),
  )
}

function refusal(status: number, detail: string) {
  return { status, text: JSON.stringify({ error: { detail, status } }) }
}

interface Ids {
  readonly account?: string
  readonly project?: string
  readonly keys?: string
  readonly lists?: string
  readonly roles?: string
  readonly users?: string
}

async function addUser(account: string, role: string, index: number): Promise<string> {
  const body = { issuer: testIssuer, subject: `user-${index}`, role }
  return (await root.post(`/v1/accounts/${account}/users`, body)).body.user.id
}

function fill(path: string, ids: Ids): string {
  const kind = kinds.find(([part]) => path.includes(part))?.[1] ?? 'keys'
  return path
    .replace(':account_id', ids.account ?? unknownId)
    .replace(':project_id', ids.project ?? unknownId)
    .replace(':id', ids[kind] ?? unknownId)
}

/** Calls a route with a good request that needs no permission beyond that of the route. */
function callRoute(
  caller: AeonApi,
  route: string,
  ids: Ids,
  index: number,
  role: string,
): Promise<Answer> {
  const { method, path } = parseRoute(route)
  const name = `made ${index}`
  const invited = { email: `made-${index}@example.com`, role_id: role }
  const bodies: readonly [RegExp, object][] = [
    [/^POST .*\/api-keys$/, { name, expire_after_hours: 1, role_id: role }],
    [/^POST .*\/allow-lists$/, { name, description: '', allow_list: ['10.0.0.1'] }],
    [/^PUT .*\/users/, { role_id: ids.roles }],
    [/^POST .*\/users$/, invited],
    [/^POST .*\/batch$/, { user_list: [invited] }],
    [/^(POST|PUT) .*\/roles/, { name, permissions: [] }],
  ]
  const body = bodies.find(([pattern]) => pattern.test(route))?.[1]
  return caller.call(method as AeonMethod, fill(path, ids), body === undefined ? {} : { body })
}

/** All permissions of an account's role, except this one and those that imply it. */
function allBut(permission: string): string[] {
  return parseCatalogue(aeonCatalogue)
    .filter((entry) => entry.scope === 'account')
    .filter((entry) => entry.name !== permission && !entry.implies.includes(permission))
    .map((entry) => entry.name)
}
