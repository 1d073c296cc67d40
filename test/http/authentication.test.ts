import { METHODS } from 'node:http'
import t, { test } from 'tap'
import { parseCatalogue } from '../../src/domain/permission.ts'
import aeonCatalogue from '../../src/domain/permissions.aeon.json' with { type: 'json' }
import type { Answer, Api, CallOptions } from '../helpers/api.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newAllowList, newInvitation, newKey, newRole } from '../helpers/fixtures.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { testIssuer, testProvider } from '../helpers/people.ts'
import { assertProblem } from '../helpers/problems.ts'
import { parseRoute, routesOf } from '../helpers/routes.ts'
import { shareService } from '../helpers/share-service.ts'

type Method = Parameters<Api['call']>[0]

/** Every route that answers without a token. A new one must be added here. */
const open = [
  'GET /',
  'GET /.well-known/oauth-authorization-server',
  'GET /console',
  'GET /console/:view',
  'GET /console/',
  'GET /console/:view/',
  'GET /console/assets/:version/:name',
  'GET /console/assets/:version/:name/:file',
  'GET /docs',
  'GET /docs/',
  'GET /docs/*',
  'GET /docs/json',
  'GET /docs/static/index.html',
  'GET /docs/static/swagger-initializer.js',
  'GET /docs/yaml',
  'GET /livez',
  'GET /metrics',
  'GET /openapi.json',
  'GET /openapi/aeon.json',
  'GET /readyz',
  'GET /v1/session/callback/:provider',
  'GET /v1/session/providers',
]

/**
 * Routes with an authentication of their own, and their answer to an unauthenticated caller: see
 * introspection.test.ts and forward-auth.test.ts.
 */
const ownRules: Readonly<Record<string, number>> = {
  'POST /oauth2/introspect': 401,
  // See test/console/sign-in.test.ts and provider-sign-in.test.ts.
  'POST /v1/session': 403,
  // See test/oidc/back-channel-logout.test.ts.
  'POST /v1/session/back-channel-logout': 400,
  'POST /v1/session/oidc': 403,
  ...Object.fromEntries(
    METHODS.filter((method) => method !== 'CONNECT').map((method) => [
      `${method} /v1/forward-auth`,
      403,
    ]),
  ),
}

/** Every other route and its permission; null: any valid key. */
const guarded: Readonly<Record<string, string | null>> = {
  'GET /v1/accounts': 'account:read',
  'POST /v1/accounts': 'account:create',
  'GET /v1/accounts/:account_id': 'account:read',
  'PATCH /v1/accounts/:account_id': 'account:update',
  'GET /v1/accounts/:account_id/allow-lists': 'allow_list:read',
  'POST /v1/accounts/:account_id/allow-lists': 'allow_list:create',
  'GET /v1/accounts/:account_id/allow-lists/:id': 'allow_list:read',
  'PATCH /v1/accounts/:account_id/allow-lists/:id': 'allow_list:update',
  'DELETE /v1/accounts/:account_id/allow-lists/:id': 'allow_list:delete',
  'GET /v1/accounts/:account_id/api-keys': 'api_key:read',
  'POST /v1/accounts/:account_id/api-keys': 'api_key:create',
  'GET /v1/accounts/:account_id/api-keys/:id': 'api_key:read',
  'POST /v1/accounts/:account_id/api-keys/:id/disable': 'api_key:disable',
  'POST /v1/accounts/:account_id/api-keys/:id/enable': 'api_key:disable',
  'POST /v1/accounts/:account_id/api-keys/:id/explain': 'api_key:read',
  'POST /v1/accounts/:account_id/api-keys/:id/revoke': 'api_key:revoke',
  'PATCH /v1/accounts/:account_id/api-keys/:id': 'api_key:update',
  'POST /v1/accounts/:account_id/api-keys/:id/rotate': 'api_key:rotate',
  'GET /v1/accounts/:account_id/audit-events': 'audit_event:read',
  'GET /v1/accounts/:account_id/audit-events/:number/api-keys': 'audit_event:read',
  'GET /v1/accounts/:account_id/audit-events/export': 'audit_event:read',
  'GET /v1/accounts/:account_id/api-keys/export': 'api_key:read',
  'GET /v1/accounts/:account_id/allow-lists/export': 'allow_list:read',
  'GET /v1/accounts/:account_id/roles/export': 'role:read',
  'GET /v1/accounts/:account_id/users/export': 'account_user:read',
  'GET /v1/accounts/export': 'account:read',
  'GET /v1/accounts/:account_id/api-keys/report': 'api_key:read',
  'POST /v1/accounts/:account_id/api-keys/revoke': 'api_key:revoke',
  'GET /v1/accounts/:account_id/roles': 'role:read',
  'POST /v1/accounts/:account_id/roles': 'role:create',
  'GET /v1/accounts/:account_id/roles/:id': 'role:read',
  'PUT /v1/accounts/:account_id/roles/:id': 'role:update',
  'DELETE /v1/accounts/:account_id/roles/:id': 'role:delete',
  'GET /v1/me/accounts': null,
  'GET /v1/accounts/:account_id/users': 'account_user:read',
  'POST /v1/accounts/:account_id/users': 'account_user:invite',
  'GET /v1/accounts/:account_id/users/:id': 'account_user:read',
  'PATCH /v1/accounts/:account_id/users/:id': 'account_user:update',
  'POST /v1/accounts/:account_id/users/:id/remove': 'account_user:delete',
  'GET /v1/accounts/:account_id/invitations': 'account_user:read',
  'POST /v1/accounts/:account_id/invitations': 'account_user:invite',
  'GET /v1/accounts/:account_id/invitations/:id': 'account_user:read',
  'DELETE /v1/accounts/:account_id/invitations/:id': 'account_user:invite',
  'POST /v1/accounts/:account_id/invitations/:id/resend': 'account_user:invite',
  'GET /v1/api-keys/:id': 'api_key:read',
  'POST /v1/api-keys/revoke': 'api_key:revoke',
  'GET /v1/instances': 'instance:read',
  'GET /v1/me': null,
  'POST /v1/me/rotate': 'api_key:rotate_self',
  'GET /v1/permissions': 'role:read',
  'GET /v1/revisions/:revision': null,
  'GET /v1/session': null,
  'DELETE /v1/session': null,
  'POST /v1/session/confirmation': null,
  'GET /v1/sessions': null,
  'DELETE /v1/sessions/:id': null,
  'POST /v1/verify': 'api_key:verify',
  'POST /v1/verify/batch': 'api_key:verify',
}

/** Routes for keys of the platform account only, whatever the permissions of other keys. */
const platformOnly = [
  'GET /v1/api-keys/:id',
  'POST /v1/api-keys/revoke',
  'POST /v1/verify',
  'POST /v1/verify/batch',
]

const catalogue = parseCatalogue(aeonCatalogue)
const shared = shareService(t, await startCheckedService(t))

const unauthenticated = { status: 401, code: 'unauthenticated' }
const permissionDenied = { status: 403, code: 'permission_denied' }

test('every route asks for a token unless it is on the list of public ones', async (t) => {
  const { service, as } = shared
  const routes = routesOf(service.app)
  // The list of the Aeon API is in aeon-contract.test.ts.
  const present = routes.filter((route) => !route.includes(' /api/public/v1/'))
  const expected = [...open, ...Object.keys(guarded)]
  const heads = expected.flatMap((route) =>
    route.startsWith('GET ') ? [route.replace('GET', 'HEAD')] : [],
  )
  t.same(present, [...expected, ...heads, ...Object.keys(ownRules)].sort())

  for (const route of present) {
    const { method, path } = parseRoute(route)
    const url = fill(path)
    const bare = await as(undefined).call(method, url)
    if (ownRules[route] !== undefined) {
      t.equal(bare.status, ownRules[route], route)
      continue
    }
    if (open.includes(route.replace('HEAD', 'GET'))) {
      t.notOk([401, 403].includes(bare.status), `${route} is open: ${bare.status}`)
      continue
    }
    if (method === 'HEAD') {
      t.equal(bare.status, 401, route)
      continue
    }
    assertProblem(t, bare, unauthenticated, route)
    for (const raw of unreadableBodies) {
      const answer = await as(undefined).call(method, url, { raw })
      assertProblem(t, answer, unauthenticated, `${route}, before the body is read`)
    }
  }
})

test('each native route needs its permission and no more', async (t) => {
  const settings = { OIDC_FILE: await writeOidcFile(t, [testProvider]) }
  const { root, as } = await startCheckedService(t, { settings })
  const account = await newAccount(root)
  const platform: string = (await root.get('/v1/me')).body.api_key.account_id
  let made = 0
  const withPermissions = async (accountId: string, permissions: readonly string[]) => {
    made += 1
    const role = await newRole(root, accountId, `role ${made}`, permissions)
    return as((await newKey(root, accountId, { role })).token)
  }
  const powerless = await withPermissions(account, [])
  const powerlessPlatform = await withPermissions(platform, [])
  for (const [route, permission] of Object.entries(guarded)) {
    const ofPlatform = platformOnly.includes(route) || isOfPlatform(permission)
    const home = ofPlatform ? platform : account
    const target = await newTarget(root, account)
    const call = (caller: Api) => callRoute(caller, route, target)
    if (permission === null) {
      for (const caller of [powerless, powerlessPlatform]) {
        t.notOk([401, 403].includes((await call(caller)).status), `${route} is for any key`)
      }
      continue
    }
    const refused = await call(powerless)
    assertProblem(t, refused, permissionDenied, `${route}, without permissions`)
    // RFC 6750, section 3: a token that does not enable the access.
    t.equal(
      refused.headers['www-authenticate'],
      'Bearer realm="aeon-keys", error="insufficient_scope"',
    )
    assertProblem(t, await call(powerlessPlatform), permissionDenied, `${route}, without any`)
    const others = await withPermissions(home, allBut(permission, home === platform))
    assertProblem(t, await call(others), permissionDenied, `${route}, with all but ${permission}`)
    const exact = await withPermissions(home, [permission])
    const answer = await call(exact)
    t.ok(answer.status < 300, `${route}, with ${permission} alone: ${answer.text}`)
  }
})

test('platform routes refuse an admin of an account', async (t) => {
  const { root, as } = shared
  const account = await newAccount(root)
  const { id, token } = await newKey(root, account)
  const admin = as(token)
  const calls: readonly [Method, string, CallOptions][] = [
    ['POST', '/v1/verify', { body: { token } }],
    ['GET', '/v1/accounts', {}],
    ['POST', '/v1/accounts', { body: { name: 'mine' } }],
    ['GET', `/v1/accounts/${account}`, {}],
    ['PATCH', `/v1/accounts/${account}`, { body: { name: 'mine' } }],
    ['GET', `/v1/api-keys/${id}`, {}],
  ]
  for (const [method, path, options] of calls) {
    assertProblem(t, await admin.call(method, path, options), permissionDenied, `${method} ${path}`)
  }
  const { body } = await admin.get('/v1/permissions')
  const scopes = new Set(body.permissions.map((entry: { scope: string }) => entry.scope))
  t.same([...scopes], ['account'], 'nor are its permissions shown')
  t.equal((await root.get(`/v1/accounts/${account}`)).body.account.name, 'Acme')
})

test('a tenant sees that the platform acted, but not which platform key', async (t) => {
  const { root, as } = shared
  const account = await newAccount(root)
  const path = `/v1/accounts/${account}/api-keys`
  const me = (await root.get('/v1/me')).body.api_key
  const admin = as((await newKey(root, account)).token)
  const { id } = await newKey(root, account)
  await root.post(`${path}/${id}/revoke`, { reason: 'a test' })

  const shown = (await admin.get(`${path}/${id}`)).body.api_key
  const hidden = { kind: 'platform', id: null, name: null }
  t.same([shown.created_by, shown.revoked_by], [hidden, hidden])
  const listed = (await admin.get(path)).body.api_keys
  for (const key of listed) t.same(key.created_by, hidden, 'in a list')
  const whole = { kind: 'platform', id: me.id, name: me.name }
  const seen = (await root.get(`${path}/${id}`)).body.api_key
  t.same([seen.created_by, seen.revoked_by], [whole, whole], 'the platform sees it')

  const found = await admin.get(`${path}?created_by=${me.id}`)
  t.same(found.body.api_keys, [], 'nor does a filter tell')
  t.equal((await root.get(`${path}?created_by=${me.id}`)).body.api_keys.length, 2)

  const own = await newKey(admin, account)
  t.equal(own.body.created_by.kind, 'api_key', 'its own keys it sees by name')
  const mine = await admin.get(`${path}?created_by=${own.body.created_by.id}`)
  t.equal(mine.body.api_keys.length, 1)
})

test('X-Acting-User is recorded only for a key with account:act_as', async (t) => {
  const { root, as } = shared
  const account = await newAccount(root)
  const platform: string = (await root.get('/v1/me')).body.api_key.account_id
  const path = `/v1/accounts/${account}/api-keys`
  const headers = { 'x-acting-user': 'user|42', 'x-acting-user-name': 'Ren%C3%A9e%20%F0%9F%94%91' }
  const body = { name: 'for a user', role: 'viewer', expires_at: null }
  const user = { kind: 'user', id: 'user|42', name: 'Ren\u00e9e \u{1f511}' }

  const all = catalogue.map((entry) => entry.name)
  const console = await newRole(root, platform, 'console', all)
  const backend = as((await newKey(root, platform, { role: console })).token)
  const issued = await backend.call('POST', path, { headers, body })
  t.same(issued.body.api_key.created_by, user)
  const key = `${path}/${issued.body.api_key.id}`
  const anonymous = { 'x-acting-user': 'u2' }
  const revoked = await backend.call('POST', `${key}/revoke`, { headers: anonymous, body: {} })
  t.same(revoked.body.api_key.revoked_by, { kind: 'user', id: 'u2', name: null })

  const admin = as((await newKey(root, account)).token)
  const seen = (await admin.get(key)).body.api_key
  t.same(seen.created_by, user, 'a tenant sees its users')
  const byUser = await admin.get(`${path}?created_by=${encodeURIComponent(user.id)}`)
  t.equal(byUser.body.api_keys.length, 1)

  const mute = await newRole(
    root,
    platform,
    'mute',
    all.filter((name) => name !== 'account:act_as'),
  )
  const muted = as((await newKey(root, platform, { role: mute })).token)
  for (const caller of [muted, admin]) {
    for (const given of [headers, anonymous, { 'x-acting-user': '' }]) {
      const answer = await caller.call('POST', path, { headers: given, body })
      assertProblem(t, answer, permissionDenied, JSON.stringify(given))
      const reading = await caller.call('GET', path, { headers: given })
      assertProblem(t, reading, permissionDenied, 'nor may it read so')
    }
  }
  const viewer = await newRole(root, platform, 'acts only', ['account:act_as'])
  const actsOnly = as((await newKey(root, platform, { role: viewer })).token)
  const refused = await actsOnly.call('POST', path, { headers, body })
  assertProblem(t, refused, permissionDenied, 'the user is never trusted for permissions')
})

const unreadableBodies = [
  { type: 'application/json', text: '{' },
  { type: 'application/json', text: ' '.repeat(300_000) },
  { type: 'text/plain', text: 'x' },
]

/** The resources of a call: an account with a key, a role and a list. */
interface Target {
  readonly account: string
  readonly keys: string
  readonly roles: string
  readonly lists: string
  readonly users: string
  readonly invitations: string
}

async function newTarget(root: Api, account: string): Promise<Target> {
  targets += 1
  return {
    account,
    keys: (
      await newKey(root, account, { role: await newRole(root, account, `held ${targets}`, []) })
    ).id,
    roles: await newRole(root, account, `free ${targets}`, []),
    lists: await newAllowList(root, account, ['10.0.0.0/8'], `list ${targets}`),
    users: await newUser(root, account, `user-${targets}`),
    invitations: (
      await newInvitation(root, account, {
        role: await newRole(root, account, `offered ${targets}`, []),
      })
    ).id,
  }
}

let targets = 0

async function newUser(root: Api, account: string, subject: string): Promise<string> {
  const role = await newRole(root, account, `role of ${subject}`, [])
  const body = { issuer: testIssuer, subject, role }
  return (await root.post(`/v1/accounts/${account}/users`, body)).body.user.id
}

function fill(path: string, target?: Target): string {
  const unknownId = '0192f3a4-5b6c-7d8e-9f01-23456789abcd'
  const ids = {
    keys: target?.keys ?? unknownId,
    roles: target?.roles ?? unknownId,
    lists: target?.lists ?? unknownId,
    users: target?.users ?? unknownId,
    invitations: target?.invitations ?? unknownId,
  }
  const kinds = ['roles', 'lists', 'users', 'invitations'] as const
  const kind = kinds.find((name) => path.includes(name))
  return path
    .replace(':account_id', target?.account ?? unknownId)
    .replace(':id', ids[kind ?? 'keys'])
    .replace(':number', '1')
    .replace('/export', '/export?format=csv')
    .replace('*', 'static/index.css')
}

/** Calls a route with a good request that needs no permission beyond that of the route. */
function callRoute(caller: Api, route: string, target: Target): Promise<Answer> {
  const { method, path } = parseRoute(route)
  const named = { name: `made ${targets}` }
  const bodies: Readonly<Record<string, object>> = {
    'POST /v1/verify': { token: 'x' },
    'POST /v1/verify/batch': { attempts: [{ token: 'x' }] },
    'POST /v1/accounts': named,
    'PATCH /v1/accounts/:account_id': named,
    'PATCH /v1/accounts/:account_id/api-keys/:id': named,
    'POST /v1/accounts/:account_id/api-keys/:id/rotate': { overlap_seconds: 0 },
    'POST /v1/me/rotate': { overlap_seconds: 0 },
    'POST /v1/accounts/:account_id/allow-lists': { ...named, entries: ['10.0.0.1'] },
    'PATCH /v1/accounts/:account_id/allow-lists/:id': { entries: ['10.0.0.1'] },
    'POST /v1/accounts/:account_id/roles': { ...named, permissions: [] },
    'PUT /v1/accounts/:account_id/roles/:id': { ...named, permissions: [] },
    'POST /v1/accounts/:account_id/api-keys/revoke': { filter: { name_prefix: 'nobody has it' } },
    'POST /v1/api-keys/revoke': { filter: { name_prefix: 'nobody has it' } },
    'POST /v1/accounts/:account_id/api-keys': { ...named, role: target.roles, expires_at: null },
    'POST /v1/accounts/:account_id/users': {
      issuer: testIssuer,
      subject: `made-${targets}`,
      role: target.roles,
    },
    'PATCH /v1/accounts/:account_id/users/:id': { role: target.roles },
    'POST /v1/accounts/:account_id/invitations': {
      email: `made-${targets}@example.com`,
      role: target.roles,
    },
    'POST /v1/accounts/:account_id/users/:id/remove': { keys: 'keep' },
  }
  const body = bodies[route]
  const headers = /^PATCH .*api-keys/.test(route) ? { 'if-match': '*' } : {}
  return caller.call(method, fill(path, target), { headers, ...(body !== undefined && { body }) })
}

function isOfPlatform(permission: string | null): boolean {
  return catalogue.some((entry) => entry.name === permission && entry.scope === 'platform')
}

/** All permissions of an account's role, except this one and those that imply it. */
function allBut(permission: string, platform: boolean): string[] {
  return catalogue
    .filter((entry) => platform || entry.scope === 'account')
    .filter((entry) => entry.name !== permission && !entry.implies.includes(permission))
    .map((entry) => entry.name)
}
