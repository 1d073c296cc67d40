/** A caller whose rights end while its request waits gets no answer but the refusal. */
import { type ClientRequest, request as httpRequest } from 'node:http'
import t, { type Test } from 'tap'
import { parseCatalogue } from '../../src/domain/permission.ts'
import aeonCatalogue from '../../src/domain/permissions.aeon.json' with { type: 'json' }
import type { Executor } from '../../src/store/database.ts'
import { aeonPrefix } from '../helpers/aeon.ts'
import type { Answer } from '../helpers/api.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newAllowList, newInvitation, newKey, newRole } from '../helpers/fixtures.ts'
import { occupyHasher } from '../helpers/occupy-hasher.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { testIssuer, testProvider } from '../helpers/people.ts'
import { parseRoute, routesOf } from '../helpers/routes.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const hourMs = 3_600_000

/** Routes that answer at once after the authentication: they read no body and no database. */
const immediate = [
  'GET /v1/permissions',
  `GET ${aeonPrefix}/ping`,
  `GET ${aeonPrefix}/permissions`,
  `GET ${aeonPrefix}/resource-permissions`,
  `GET ${aeonPrefix}/auth/permissions`,
  `GET ${aeonPrefix}/auth/resource-permissions`,
]

/** Routes that a session calls with its cookie; of late answers to them test/console tells. */
const ofSessions = /^\w+ \/v1\/(?:session$|session\/|sessions\/)/

/** Routes that answer the verdict on another token. */
const judging = [
  'POST /v1/verify',
  'POST /v1/verify/batch',
  'POST /oauth2/introspect',
  'GET /v1/forward-auth',
]

const permissions = parseCatalogue(aeonCatalogue).map(({ name }) => name)

const database = await createTestDatabase()
t.teardown(() => database.drop())
/** The instance that revokes, and waits until the other instance has applied the change. */
const OIDC_FILE = await writeOidcFile(t, [testProvider])
const elsewhere = await startTestService(t, { database, settings: { OIDC_FILE } })
const settings = { DATABASE_POOL_MAX: '2', FORWARD_AUTH_NETWORKS: '', OIDC_FILE }
const here = await startTestService(t, { database, settings, rootToken: elsewhere.rootToken })
const { root } = elsewhere
const { deps } = here.service
const url = await here.service.app.listen({ host: '127.0.0.1', port: 0 })
const me = (await root.get('/v1/me')).body.api_key
const platform: string = me.account_id
const account = (await root.get(`/v1/accounts/${await newAccount(root)}`)).body.account
const revision = (await root.post(`/v1/accounts/${account.id}/api-keys/${await spent()}/revoke`))
  .body.receipt
/** A role of all permissions, of callers whose change is not that of their role. */
const sharedRole = await newFullRole()
/** The role of keys that requests are about. */
const heldRole = await newRole(root, account.id, 'held', [])
/** The role that users get. */
const sharedRoleOfUsers = await newRole(root, account.id, 'of users', [])

interface Caller {
  readonly id: string
  readonly role: string
  readonly token: string
}

/** A change of the caller between the head of its request and the answer, and that answer. */
interface Change {
  readonly told: string
  readonly status: 401 | 403
  make(caller: Caller): Promise<void>
}

const keys = `/v1/accounts/${platform}/api-keys`
const revoked: Change = {
  told: 'revoked',
  status: 401,
  make: async ({ id }) => complete(await root.post(`${keys}/${id}/revoke`)),
}
const disabled: Change = {
  told: 'disabled',
  status: 401,
  make: async ({ id }) => complete(await root.post(`${keys}/${id}/disable`)),
}
const expired: Change = {
  told: 'expired',
  status: 401,
  make: async () => {
    here.clock.offsetMs = 2 * hourMs
  },
}
const narrowed: Change = {
  told: 'left without permissions',
  status: 403,
  make: async ({ role }) => {
    const body = { name: `role of ${role}`, permissions: [] }
    return complete(await root.put(`/v1/accounts/${platform}/roles/${role}`, body))
  },
}

t.test('a caller whose rights end meanwhile gets the refusal only, on every route', async (t) => {
  const routes = await guardedRoutes()
  t.ok(routes.length > 50, `${routes.length} routes`)
  for (const [index, route] of routes.entries()) {
    if (immediate.includes(route.replace('HEAD', 'GET')) || ofSessions.test(route)) continue
    let call = await callOf(route)
    const isForAll = /\/(me|me\/rotate|account|accounts|projects|sessions)$|\/revisions\//.test(
      call.path,
    )
    const others = isForAll ? [disabled, expired] : [disabled, expired, narrowed]
    // All changes on routes that answer verdicts, one on every other route: they take a while.
    const some = judging.includes(route) ? others : [others[index % others.length] ?? disabled]
    for (const change of [revoked, ...(call.method === 'HEAD' ? [] : some)]) {
      // A token that is not in the cache: only then a proxy waits for the database.
      if (route.includes('/forward-auth')) call = await callOf(route)
      const caller = await newCaller(change === narrowed ? await newFullRole() : sharedRole)
      const answer = await callWith(caller, call, () => change.make(caller))
      here.clock.offsetMs = 0
      assertRefused(t, answer, route, change, `${route}, ${change.told}`)
    }
    if (route.includes('/forward-auth')) call = await callOf(route)
    const kept = await callWith(await newCaller(), call, async () => undefined)
    t.ok(kept.status < 300, `${route}, of a good caller: ${kept.status} ${kept.text}`)
  }
})

t.test('a caller whose rights end while a token is hashed gets the refusal only', async (t) => {
  for (const route of judging) {
    const call = await callOf(route)
    const caller = await newCaller()
    const release = occupyHasher(deps.hasher)
    const sent = send(call, caller)
    sent.request.end(call.body)
    await until(() => deps.hasher.queue.waiting > 0)
    await revoked.make(caller)
    release()
    assertRefused(t, await sent.answer, route, revoked, route)
  }
})

t.test(
  'a caller is read again after the lease expired, and gets the answer if it is valid',
  async (t) => {
    const call = await callOf('POST /v1/verify')
    const caller = await newCaller()
    const before = deps.counters.credentialReads
    const answer = await callWith(caller, call, async () => {
      // The clock of leases advances, and no sync cycle renews the lease in time.
      here.moment.monotonicMs += 10 * hourMs
    })
    here.moment.monotonicMs -= 10 * hourMs
    t.match(answer, { status: 200, body: { valid: true } })
    t.ok(deps.counters.credentialReads > before, 'by a read of its own')
  },
)

t.test('a committed act is answered, even if it ended the key of its author', async (t) => {
  const revoking = await newCaller()
  const revokeSelf = await here.as(revoking.token).post(`${keys}/${revoking.id}/revoke`)
  t.match(revokeSelf, { status: 200, body: { receipt: { state: 'complete' } } })
  const rotating = await newCaller()
  const rotated = await here.as(rotating.token).post('/v1/me/rotate', { overlap_seconds: 0 })
  t.match(rotated, { status: 201, body: { token: String } })
  t.match(await root.verify(rotated.body.token), { valid: true })
  t.match(await root.verify(rotating.token), { valid: false, reason: 'rotated' })
})

interface Call {
  readonly route: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** The header by which the caller authenticates. */
  readonly credential: string
}

function assertRefused(t: Test, answer: Answer, route: string, change: Change, told: string): void {
  // RFC 7662, section 2.3: 401 for any refused caller. A refused proxy gets 403.
  const isProxy = route.includes('/forward-auth')
  const status = route.includes('/oauth2/') ? 401 : isProxy ? 403 : change.status
  const telling = Object.keys(answer.headers).filter((name) =>
    /^(etag|x-key|x-acc|idem)/.test(name),
  )
  t.same([answer.status, telling], [status, []], `${told}: ${answer.text}`)
  const fields = route.includes(aeonPrefix)
    ? ['error']
    : route.includes('/oauth2/')
      ? ['error', 'error_description']
      : ['code', 'detail', 'request_id', 'status', 'title', 'type']
  if (!route.startsWith('HEAD ')) t.same(Object.keys(answer.body).sort(), fields, told)
}

/** Sends the head of a request, makes the change once the sender is authenticated, and goes on. */
async function callWith(caller: Caller, call: Call, change: () => Promise<void>): Promise<Answer> {
  if (call.body === undefined) {
    const release = await occupyPool()
    const sent = send(call, caller)
    sent.request.end()
    await until(async () => (await waitingForPool()) > 0).catch((error) => {
      release()
      throw new Error(`${call.route} waits for nothing`, { cause: error })
    })
    await change().finally(release)
    return sent.answer
  }
  const before = deps.counters.verdicts.valid
  const sent = send(call, caller)
  sent.request.flushHeaders()
  await until(() => deps.counters.verdicts.valid > before)
  await change()
  sent.request.end(call.body)
  return sent.answer
}

function send(
  { method, path, headers, body, credential }: Call,
  { token }: Caller,
): { request: ClientRequest; answer: Promise<Answer> } {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const options = {
    method,
    agent: false as const,
    headers: { ...headers, ...length, [credential]: `Bearer ${token}` },
  }
  const request = httpRequest(url + path, options, async (response) => {
    response.setEncoding('utf8')
    let text = ''
    for await (const chunk of response) text += chunk
    const isJson = text !== '' && String(response.headers['content-type']).includes('json')
    const parsed = isJson ? JSON.parse(text) : undefined
    if (typeof (parsed?.token ?? parsed?.jwt ?? parsed?.link) !== 'string')
      here.canaries.addText(text)
    resolve({
      status: response.statusCode ?? 0,
      headers: response.headers,
      text,
      body: parsed,
    })
  })
  request.on('error', reject)
  return { request, answer: promise }
}

/** Occupies every connection of the pool, so that a request that needs one waits. */
async function occupyPool(): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const occupy = async (db: Executor): Promise<void> => {
    const { promise: isTaken, resolve: take } = Promise.withResolvers<void>()
    void db.connection().execute(async () => {
      take()
      await promise
    })
    await isTaken
  }
  await occupy(deps.db)
  await deps.verificationReads.read(occupy)
  return resolve
}

async function waitingForPool(): Promise<number> {
  const { body } = await here.service.app.inject('/metrics')
  return Number(/^aeon_keys_pool_waiting (\d+)$/m.exec(body)?.[1])
}

function newFullRole(): Promise<string> {
  return newRole(root, platform, `caller ${crypto.randomUUID().slice(0, 13)}`, permissions)
}

/** A key of the platform account with all permissions, which is in the cache. */
async function newCaller(role = sharedRole): Promise<Caller> {
  const name = `caller ${crypto.randomUUID().slice(0, 13)}`
  const expiresAt = new Date(Date.now() + hourMs).toISOString()
  const { id, token } = await newKey(root, platform, { name, role, expires_at: expiresAt })
  const { status } = await here.as(token).get('/v1/me')
  if (status !== 200) throw new Error(`A new caller is told ${status}.`)
  return { id, role, token }
}

async function spent(): Promise<string> {
  return (await newKey(root, account.id)).id
}

async function complete({ status, body, text }: Answer): Promise<void> {
  if (status !== 200) throw new Error(`${status} ${text}`)
  const { revision, id } = body.receipt
  const { body: asked } = await root.get(`/v1/revisions/${revision}?id=${id}&wait_ms=30000`)
  if (asked.receipt.state !== 'complete') throw new Error('A receipt is not complete.')
}

/** Every route with authentication; of forward-auth, some of its methods. */
async function guardedRoutes(): Promise<string[]> {
  const guarded: string[] = []
  for (const route of routesOf(here.service.app)) {
    const { method, path } = parseRoute(route)
    if (path === '/v1/forward-auth' && !['GET', 'HEAD', 'POST'].includes(method)) continue
    const { statusCode } = await here.service.app.inject({ method, url: path })
    if (statusCode === 401 || statusCode === 403) guarded.push(route)
  }
  return guarded
}

let made = 0

/** The resource that a path is about. */
async function idFor(path: string, keyId: string): Promise<string> {
  if (path.includes('/users')) return newUser()
  if (path.includes('/invitations')) {
    return (await newInvitation(root, account.id, { role: heldRole })).id
  }
  if (path.includes('/roles')) return newRole(root, account.id, `free ${made}`, [])
  if (!path.includes('/allow-lists')) return keyId
  return newAllowList(root, account.id, ['10.0.0.0/8'], `list ${made}`)
}

async function newUser(): Promise<string> {
  const body = { issuer: testIssuer, subject: `user-${made}`, role: heldRole }
  return (await root.post(`/v1/accounts/${account.id}/users`, body)).body.user.id
}

/** A good request for a route, on resources of its own. */
async function callOf(route: string): Promise<Call> {
  made += 1
  const { method, path } = parseRoute(route)
  const key = await newKey(root, account.id, { role: heldRole })
  const id = await idFor(path, key.id)
  const filled = path
    .replace(':account_id', account.id)
    .replace(':project_id', account.project_id)
    .replace(':number', '1')
    .replace('/export', '/export?format=csv')
    .replace(':revision', `${revision.revision}?id=${revision.id}`)
    .replace(':id', id)
  const call = { route, method, path: filled, headers: {}, body: undefined }
  if (path === '/v1/forward-auth') {
    const headers = { authorization: `Bearer ${key.token}` }
    return { ...call, headers, credential: 'x-verifier-authorization' }
  }
  const credential = 'authorization'
  if (path === '/oauth2/introspect') {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return { ...call, headers, body: `token=${key.token}`, credential }
  }
  if (method === 'GET' || method === 'HEAD') return { ...call, credential }
  if (method === 'DELETE') return { ...call, credential }
  const condition = /^PATCH .*api-keys/.test(`${method} ${path}`) ? { 'if-match': '*' } : {}
  const headers = { 'content-type': 'application/json', ...condition }
  const named = { name: `made ${made}` }
  const bodies: Readonly<Record<string, object>> = {
    'POST /v1/verify': { token: key.token },
    'POST /v1/verify/batch': { attempts: [{ token: key.token }] },
    'POST /v1/accounts': named,
    'PATCH /v1/accounts/:account_id': named,
    'PATCH /v1/accounts/:account_id/api-keys/:id': named,
    'POST /v1/accounts/:account_id/api-keys': { ...named, role: heldRole, expires_at: null },
    'POST /v1/accounts/:account_id/api-keys/:id/rotate': { overlap_seconds: 0 },
    'POST /v1/me/rotate': { overlap_seconds: 0 },
    'POST /v1/accounts/:account_id/api-keys/revoke': { filter: { role: heldRole }, dry_run: true },
    'POST /v1/api-keys/revoke': { filter: { role: heldRole }, dry_run: true },
    'POST /v1/accounts/:account_id/allow-lists': { ...named, entries: ['10.0.0.1'] },
    'PATCH /v1/accounts/:account_id/allow-lists/:id': { entries: ['10.0.0.1'] },
    'POST /v1/accounts/:account_id/roles': { ...named, permissions: [] },
    'PUT /v1/accounts/:account_id/roles/:id': { ...named, permissions: [] },
    'POST /v1/accounts/:account_id/users': {
      issuer: testIssuer,
      subject: `made-${made}`,
      role: heldRole,
    },
    'POST /v1/accounts/:account_id/invitations': {
      email: `made-${made}@example.com`,
      role: heldRole,
    },
    'PATCH /v1/accounts/:account_id/users/:id': { role: sharedRoleOfUsers },
    'POST /v1/accounts/:account_id/users/:id/remove': { keys: 'keep' },
    'POST /accounts/:account_id/api-keys': { ...named, role_id: heldRole, expire_after_hours: 1 },
    'POST /accounts/:account_id/projects/:project_id/allow-lists': {
      ...named,
      description: '',
      allow_list: ['10.0.0.1'],
    },
    'POST /accounts/:account_id/roles': { ...named, permissions: [] },
    'PUT /accounts/:account_id/roles/:id': { ...named, permissions: [] },
    'POST /accounts/:account_id/users': { email: `aeon-${made}@example.com`, role_id: heldRole },
    'POST /accounts/:account_id/users/batch': {
      user_list: [{ email: `aeon-${made}@example.com`, role_id: heldRole }],
    },
    'PUT /accounts/:account_id/users/:id/roles': { role_id: sharedRoleOfUsers },
  }
  const body = JSON.stringify(bodies[route.replace(aeonPrefix, '')] ?? {})
  return { ...call, headers, body, credential }
}
