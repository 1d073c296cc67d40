/** Who may end a key, or shut it out; and that no key changes its own rights. */
import t from 'tap'
import type { Answer, Api, Json } from '../helpers/api.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { signInAs } from '../helpers/people.ts'
import { routesOf } from '../helpers/routes.ts'
import { startTestService } from '../helpers/service.ts'

const office = '203.0.113.7'
const elsewhere = '192.0.2.1'
/** Stands beside the office in the list that restricts a key. */
const spare = '203.0.113.8'
const expiry = '2040-01-01T00:00:00.000Z'
const earlier = '2039-01-01T00:00:00.000Z'
const later = '2041-01-01T00:00:00.000Z'

const started = await startTestService(t)
const { root, as } = started

const denied = { status: 403, body: { code: 'permission_denied' } }
const escalation = { status: 403, body: { code: 'escalation' } }
const refusedByAeon = { status: 403 }
const done = { status: 200 }

/** What a try may have to do with: a key, its role and its list, all of one account. */
interface Things {
  readonly account: string
  readonly project: string
  readonly key: string
  readonly name: string
  readonly role: string
  readonly list: string
  /** A person who is a user of the account. */
  readonly user: string
  /** A list that matches nobody, and a role without permissions. */
  readonly nowhere: string
  readonly nothing: string
}

type Try = readonly [method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object]
type Row = readonly [try_: (things: Things) => Try, expected: object]

const keys = ({ account }: Things) => `/v1/accounts/${account}/api-keys`
const one = (things: Things) => `${keys(things)}/${things.key}`
const roles = ({ account, role }: Things) => `/v1/accounts/${account}/roles/${role}`
const lists = ({ account, list }: Things) => `/v1/accounts/${account}/allow-lists/${list}`
const removal = ({ account, user }: Things) => `/v1/accounts/${account}/users/${user}/remove`
const aeon = ({ account }: Things) => `/api/public/v1/accounts/${account}`
const same = (things: Things) => ({ name: things.name, role: 'viewer', expires_at: null })
const change = (body: (things: Things) => object): Row[0] => {
  return (things) => ['PATCH', one(things), body(things)]
}
const rotation = (expires_at: string | null): Row[0] => {
  return (things) => ['POST', `${one(things)}/rotate`, { overlap_seconds: 0, expires_at }]
}

/**
 * By every route that changes anything: what one tries on an admin's key who may do all but disable
 * and end keys.
 */
const ending: Readonly<Record<string, readonly Row[]>> = {
  'POST /v1/accounts/:account_id/api-keys': [
    [(things) => ['POST', keys(things), same(things)], { status: 409 }],
  ],
  'PATCH /v1/accounts/:account_id/api-keys/:id': [
    [change(() => ({ expires_at: inAMinute() })), denied],
    [change(() => ({ expires_at: earlier })), denied],
    [change(({ nowhere }) => ({ allow_list_ids: [nowhere] })), escalation],
    [change(({ nothing }) => ({ role: nothing })), escalation],
  ],
  'POST /v1/accounts/:account_id/api-keys/:id/rotate': [
    [rotation(inAMinute()), denied],
    [rotation(earlier), denied],
    [rotation(expiry), escalation],
  ],
  'POST /v1/accounts/:account_id/api-keys/:id/revoke': [
    [(things) => ['POST', `${one(things)}/revoke`], denied],
  ],
  'POST /v1/accounts/:account_id/api-keys/:id/disable': [
    [(things) => ['POST', `${one(things)}/disable`], denied],
  ],
  'POST /v1/accounts/:account_id/api-keys/:id/enable': [
    [(things) => ['POST', `${one(things)}/enable`], denied],
  ],
  'POST /v1/accounts/:account_id/api-keys/revoke': [
    [(things) => ['POST', `${keys(things)}/revoke`, { filter: { all: true } }], denied],
  ],
  'POST /v1/api-keys/revoke': [
    [() => ['POST', '/v1/api-keys/revoke', { filter: { all: true } }], denied],
  ],
  'POST /v1/accounts/:account_id/users/:id/remove': [
    [(things) => ['POST', removal(things), { keys: 'revoke' }], denied],
    [(things) => ['POST', removal(things), { keys: 'disable' }], denied],
  ],
  'PUT /v1/accounts/:account_id/roles/:id': [
    [(things) => ['PUT', roles(things), { name: 'r', permissions: [] }], escalation],
  ],
  'DELETE /v1/accounts/:account_id/roles/:id': [
    [(things) => ['DELETE', roles(things)], { status: 409 }],
  ],
  'PATCH /v1/accounts/:account_id/allow-lists/:id': [
    [(things) => ['PATCH', lists(things), { entries: [spare] }], denied],
    [(things) => ['PATCH', lists(things), { entries: [elsewhere] }], escalation],
  ],
  'DELETE /v1/accounts/:account_id/allow-lists/:id': [
    [(things) => ['DELETE', lists(things)], { status: 409 }],
  ],
  'POST /api/public/v1/accounts/:account_id/api-keys': [
    [
      (things) => [
        'POST',
        `${aeon(things)}/api-keys`,
        { name: things.name, expire_after_hours: 0, role_id: things.nothing },
      ],
      { status: 409 },
    ],
  ],
  'POST /api/public/v1/accounts/:account_id/api-keys/:id/revoke': [
    [(things) => ['POST', `${aeon(things)}/api-keys/${things.key}/revoke`], refusedByAeon],
  ],
  'PUT /api/public/v1/accounts/:account_id/roles/:id': [
    [
      (things) => ['PUT', `${aeon(things)}/roles/${things.role}`, { name: 'r', permissions: [] }],
      refusedByAeon,
    ],
  ],
  'DELETE /api/public/v1/accounts/:account_id/roles/:id': [
    [(things) => ['DELETE', `${aeon(things)}/roles/${things.role}`], { status: 409 }],
  ],
  'DELETE /api/public/v1/accounts/:account_id/projects/:project_id/allow-lists/:id': [
    [
      (things) => [
        'DELETE',
        `${aeon(things)}/projects/${things.project}/allow-lists/${things.list}`,
      ],
      { status: 409 },
    ],
  ],
}

/** What changes something, but no key that is there. */
const others = [
  'DELETE /v1/accounts/:account_id/invitations/:id',
  'DELETE /v1/session',
  'DELETE /v1/sessions/:id',
  'PATCH /v1/accounts/:account_id',
  'PATCH /v1/accounts/:account_id/users/:id',
  'POST /v1/accounts',
  'POST /v1/accounts/:account_id/allow-lists',
  'POST /v1/accounts/:account_id/api-keys/:id/explain',
  'POST /v1/accounts/:account_id/invitations',
  'POST /v1/accounts/:account_id/invitations/:id/resend',
  'POST /v1/accounts/:account_id/roles',
  'POST /v1/accounts/:account_id/users',
  'POST /v1/me/rotate',
  'POST /v1/session',
  'POST /v1/session/back-channel-logout',
  'POST /v1/session/confirmation',
  'POST /v1/session/oidc',
  'POST /v1/verify',
  'POST /v1/verify/batch',
  'POST /api/public/v1/accounts/:account_id/projects/:project_id/allow-lists',
  'POST /api/public/v1/accounts/:account_id/roles',
  'POST /api/public/v1/accounts/:account_id/users',
  'POST /api/public/v1/accounts/:account_id/users/batch',
  'PUT /api/public/v1/accounts/:account_id/users/:id/roles',
  'DELETE /api/public/v1/accounts/:account_id/users/:id',
]

t.test('by no route is a key ended by who may not end keys', async (t) => {
  const routes = routesOf(started.service.app).filter(
    (route) => /^(POST|PUT|PATCH|DELETE) /.test(route) && /\/v1\/(?!forward-auth)/.test(route),
  )
  t.same(routes, [...Object.keys(ending), ...others].sort(), 'every route is thought of')

  const things = await setUp()
  const all = await permissionsOfAccounts()
  const kept = all.filter((name) => !['api_key:revoke', 'api_key:disable'].includes(name))
  const editorRole = await newRole(root, things.account, 'editor', kept)
  const editor = as((await newKey(root, things.account, { role: editorRole })).token)
  const before = await recordOf(things)
  for (const [route, rows] of Object.entries(ending)) {
    for (const [index, [describe, expected]] of rows.entries()) {
      t.match(await act(editor, describe(things)), expected, `${route} ${index}`)
    }
  }
  t.same(await recordOf(things), before)
  t.match(await root.verify(things.token, { client_ip: office }), { valid: true })
})

t.test(
  'a key that may revoke or disable keys sets an earlier expiry, or a narrower reach',
  async (t) => {
    const things = await setUp()
    const author = async (...permissions: string[]) => {
      const name = permissions.join().slice(0, 120)
      const role = await newRole(root, things.account, name, permissions)
      return as((await newKey(root, things.account, { role })).token)
    }
    const sooner = change(() => ({ expires_at: earlier }))(things)
    const narrower = change(({ nowhere }) => ({ allow_list_ids: [nowhere] }))
    t.match(await act(await author('api_key:update'), sooner), denied)
    t.match(await act(await author('api_key:update', 'api_key:revoke'), sooner), done)

    const free = await newKey(root, things.account, { role: 'viewer' })
    const ofFree = { ...things, key: free.id }
    t.match(await act(await author('api_key:update', 'cluster:read'), narrower(ofFree)), denied)
    t.match(await act(await author('api_key:update', 'api_key:disable'), narrower(ofFree)), done)

    const shut: Try = ['PATCH', lists(things), { entries: [spare] }]
    t.match(await act(await author('allow_list:update'), shut), denied)
    t.match(await act(await author('allow_list:update', 'api_key:disable'), shut), done)
    const all = await permissionsOfAccounts()
    const open: Try = ['PATCH', lists(things), { entries: [office, spare] }]
    const holderOfAll = await author(...all)
    for (const edit of [open, shut, open]) {
      t.match(await act(holderOfAll, edit), done, 'a key that holds all of it can undo that')
    }

    const weak = await newRole(root, things.account, 'weak', ['cluster:read'])
    const held = { ...things, key: (await newKey(root, things.account, { role: weak })).id }
    const holder = await author('cluster:read', 'api_key:update')
    t.match(await act(holder, narrower(held)), done, 'who holds all of it can undo that')
    t.match(await act(holder, change(() => ({ reach: 'anywhere' }))(held)), done)
    const rotator = await author('api_key:rotate', 'cluster:read')
    t.match(await act(rotator, rotation(earlier)(held)), denied)
    const ender = await author('api_key:rotate', 'cluster:read', 'api_key:revoke')
    t.match(await act(ender, rotation(earlier)(held)), { status: 201 })
  },
)

t.test('no key changes its own role, reach or expiry', async (t) => {
  const all = await permissionsOfAccounts()
  const things = await setUp(all.filter((name) => name !== 'backup:delete'))
  const itself = as(things.token)
  const before = await recordOf(things)
  const more = { name: 'r', permissions: all }
  const selfRotation = (expires_at: string | null): Row[0] => {
    return () => ['POST', '/v1/me/rotate', { overlap_seconds: 0, expires_at }]
  }
  const rows: readonly Row[] = [
    ...[null, earlier, later, inAMinute()].flatMap((expires_at): Row[] => [
      [change(() => ({ expires_at })), escalation],
      [rotation(expires_at), escalation],
      [selfRotation(expires_at), escalation],
    ]),
    [change(() => ({ reach: 'anywhere' })), escalation],
    [change(({ list, nowhere }) => ({ allow_list_ids: [list, nowhere] })), escalation],
    [change(({ nowhere }) => ({ allow_list_ids: [nowhere] })), escalation],
    [change(() => ({ role: 'admin' })), escalation],
    [change(() => ({ role: 'viewer' })), escalation],
    [change(({ nothing }) => ({ role: nothing })), escalation],
    [(own) => ['PUT', roles(own), more], escalation],
    [(own) => ['PATCH', lists(own), { entries: [elsewhere] }], escalation],
    [(own) => ['DELETE', lists(own)], escalation],
    [
      (own) => ['DELETE', `${aeon(own)}/projects/${own.project}/allow-lists/${own.list}`],
      refusedByAeon,
    ],
    [
      (own) => [
        'PUT',
        `${aeon(own)}/roles/${own.role}`,
        {
          name: 'r',
          permissions: [
            { resource_type: 'BACKUP', operation_groups: [{ operation_group: 'DELETE' }] },
          ],
        },
      ],
      refusedByAeon,
    ],
  ]
  for (const [index, [describe, expected]] of rows.entries()) {
    const asked = describe(things)
    t.match(await act(itself, asked), expected, `${index}: ${asked[0]} ${asked[1]}`)
  }
  t.same(await recordOf(things), before)

  const unchanged = change(({ list, role }) => ({
    role,
    allow_list_ids: [list],
    expires_at: expiry,
  }))
  t.match(await act(itself, unchanged(things)), done, 'to say what is so changes nothing')
  t.match(await act(itself, change(() => ({ name: 'renamed' }))(things)), done)
  t.match(await act(itself, selfRotation(expiry)(things)), { status: 201 })
})

t.test('an older token of a key does not outlive its overlap by any rotation', async (t) => {
  const account = await newAccount(root)
  const { id, token } = await newKey(root, account)
  const path = `/v1/accounts/${account}/api-keys/${id}/rotate`
  t.equal((await root.post(path, { overlap_seconds: 60 })).status, 201)
  const body = { overlap_seconds: 60, end_overlap: true }
  t.match(await as(token).post(path, body), escalation)
  t.match(await as(token).post('/v1/me/rotate', body), escalation)
})

async function setUp(permissions?: readonly string[]): Promise<Things & { token: string }> {
  const account = await newAccount(root)
  const shown = await root.get(`/v1/accounts/${account}`)
  const role = await newRole(root, account, 'r', permissions ?? (await permissionsOfAccounts()))
  const list = await newAllowList(root, account, [office, spare])
  const nowhere = await newAllowList(root, account, ['198.51.100.1'])
  const nothing = await newRole(root, account, 'nothing', [])
  const values = { name: 'subject', role, allow_list_ids: [list], expires_at: expiry }
  const { id, token } = await newKey(root, account, values)
  const project: string = shown.body.account.project_id
  const { userId: user } = await signInAs(started, id, [{ accountId: account, role: 'viewer' }])
  return { account, project, key: id, name: 'subject', role, list, user, nowhere, nothing, token }
}

async function recordOf(things: Things): Promise<Json> {
  const { api_key: key } = (await root.get(one(things))).body
  const { role } = (await root.get(roles(things))).body
  const { allow_list: list } = (await root.get(lists(things))).body
  const { status, reach, allow_list_ids, expires_at } = key
  return { status, reach, allow_list_ids, expires_at, roleOfKey: key.role, role, list }
}

async function permissionsOfAccounts(): Promise<string[]> {
  const { permissions } = (await root.get('/v1/permissions')).body
  return permissions.filter(({ scope }: Json) => scope === 'account').map(({ name }: Json) => name)
}

function act(api: Api, [method, path, body]: Try): Promise<Answer> {
  return api.call(method, path, {
    ...(method !== 'DELETE' && { body: body ?? {} }),
    headers: method === 'PATCH' ? { 'if-match': '*' } : {},
    remoteAddress: office,
  })
}

function inAMinute(): string {
  return new Date(Date.now() + 60_000).toISOString()
}
