/** Callers of /v1 with the JWTs of an issuer. */
import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto'
import t, { type Test } from 'tap'
import type { Answer } from '../helpers/api.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import {
  audience,
  type JwtIssuer,
  type Mint,
  signES256,
  startJwtIssuer,
} from '../helpers/jwt-issuer.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { signInAs } from '../helpers/people.ts'
import { assertProblem } from '../helpers/problems.ts'
import { startTestService, type TestService } from '../helpers/service.ts'

interface Site extends TestService {
  readonly account: string
  readonly other: string
  readonly issuer: JwtIssuer
  /** Calls with a JWT of the issuer. */
  by(subject: string, claims?: Mint['claims']): ReturnType<TestService['as']>
}

const unauthenticated = { status: 401, code: 'unauthenticated' }
const permissionDenied = { status: 403, code: 'permission_denied' }
const unavailable = { status: 503, code: 'unavailable' }

/** A service whose issuer maps groups to roles of two accounts and of the platform. */
async function openSite(t: Test): Promise<Site> {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const before = await startTestService(t, { database })
  const { rootToken } = before
  const account = await newAccount(before.root)
  const other = await newAccount(before.root, 'Other')
  await before.stop()
  const issuer = await startJwtIssuer(t)
  const OIDC_FILE = await writeOidcFile(t, [
    {
      ...issuer.entry,
      roles: [
        { claim: 'groups', value: 'admins', account, role: 'admin' },
        { claim: 'groups', value: 'readers', account, role: 'viewer' },
        { claim: 'groups', value: 'shouting', account, role: 'VIEWER' },
        { claim: 'groups', value: 'others', account: other, role: 'viewer' },
        { claim: 'groups', value: 'lost', account, role: 'a role that nobody made' },
        { claim: 'groups', value: 'operators', platform: true, role: 'viewer' },
      ],
    },
  ])
  const service = await startTestService(t, { database, rootToken, settings: { OIDC_FILE } })
  const by: Site['by'] = (subject, claims = {}) => service.as(issuer.mint(subject, { claims }))
  return { ...service, account, other, issuer, by }
}

const site = await openSite(t)
const { root, as, by, account, other, issuer, logLines } = site
const keysOf = (id: string) => `/v1/accounts/${id}/api-keys`

t.test('a person with a JWT does what its claims map to, and is recorded by name', async (t) => {
  const admin = by('deployer', { groups: ['admins'] })
  const me = await admin.get('/v1/me')
  t.match(me.body, {
    api_key: null,
    user: { issuer: issuer.issuer, subject: 'deployer', role: { name: 'admin' } },
    role: { name: 'admin' },
  })
  const { id, body } = await newKey(admin, account, { role: 'viewer' })
  const by_ = { kind: 'user', id: me.body.user.id, name: 'deployer', verified: true }
  t.match(body.created_by, by_)
  const events = (await root.get(`/v1/accounts/${account}/audit-events`)).body.audit_events
  const issued = events.find((event: { resource: { id: string } }) => event.resource.id === id)
  t.match(issued, { actor: by_ })
  assertProblem(t, await admin.get(keysOf(other)), { status: 404, code: 'not_found' }, 'elsewhere')
  const users = (await root.get(`/v1/accounts/${account}/users`)).body.users
  t.equal(users.filter((one: { subject: string }) => one.subject === 'deployer').length, 1)
})

t.test('a JWT gives the roles of its own claims, not of an earlier one', async (t) => {
  t.equal((await by('shifting', { groups: ['admins'] }).get(keysOf(account))).status, 200)
  const reader = by('shifting', { groups: ['readers'] })
  t.equal((await reader.get(keysOf(account))).status, 200)
  const issue = { name: 'a key of a reader', role: 'viewer', expires_at: null }
  assertProblem(t, await reader.post(keysOf(account), issue), permissionDenied, 'as a viewer')
  t.match((await reader.get('/v1/me')).body, { role: { name: 'viewer' } })
  for (const groups of [[], ['lost'], ['nobody'], undefined]) {
    const none = await by('shifting', { groups }).get(keysOf(account))
    assertProblem(t, none, permissionDenied, `groups ${groups}`)
  }
  t.equal((await by('shifting', { groups: ['admins'] }).post(keysOf(account), issue)).status, 201)
})

t.test('a mapped role lasts as long as the latest token that maps to it', async (t) => {
  const seconds = Math.floor(Date.now() / 1000)
  const ends = [seconds + 600, seconds + 3_600, seconds + 60]
  const later = new Date((seconds + 3_660) * 1000)
  // The name of a role counts in any case.
  for (const group of ['readers', 'shouting']) {
    const untils: unknown[] = []
    for (const exp of ends) {
      const answer = await by(`longer, ${group}`, { groups: [group], exp }).get('/v1/me')
      t.equal(answer.status, 200)
      const stored = site.service.deps.db
        .selectFrom('membership')
        .select('mapped_until')
        .where('person_id', '=', answer.body.user.id)
      untils.push((await stored.executeTakeFirst())?.mapped_until)
    }
    t.same(untils, [new Date((seconds + 660) * 1000), later, later], group)
  }
})

t.test('a person with roles in several accounts acts in the one that the path names', async (t) => {
  const both = by('both', { groups: ['readers', 'others'] })
  for (const id of [account, other]) {
    t.equal((await both.get(keysOf(id))).status, 200)
    t.equal((await both.get(keysOf(id.toUpperCase()))).status, 200)
  }
  t.match((await both.get('/v1/me')).body.user, { account_id: account }, 'the first of the file')
  const operator = by('operator', { groups: ['others', 'operators'] })
  for (const id of [account, other]) t.equal((await operator.get(keysOf(id))).status, 200)
  const platform = (await root.get('/v1/me')).body.api_key.account_id
  t.match((await operator.get('/v1/me')).body.user, { account_id: platform }, 'the platform first')
})

t.test('a role that was given in the account counts where the claims map to none', async (t) => {
  const person = { issuer: issuer.issuer, subject: 'robot' }
  assertProblem(t, await by('robot').get('/v1/me'), permissionDenied, 'before')
  const added = await root.post(`/v1/accounts/${account}/users`, { ...person, role: 'viewer' })
  t.equal(added.status, 201)
  const robot = by('robot')
  t.match((await robot.get('/v1/me')).body, { role: { name: 'viewer' } })
  const issue = { name: 'a key of a robot', role: 'viewer', expires_at: null }
  assertProblem(t, await robot.post(keysOf(account), issue), permissionDenied, 'a viewer')
  const path = `/v1/accounts/${account}/users/${added.body.user.id}`
  t.equal((await root.patch(path, { role: 'admin' })).status, 200)
  t.equal((await robot.post(keysOf(account), issue)).status, 201)
  t.equal((await by('robot', { groups: ['readers'] }).get('/v1/me')).body.role.name, 'viewer')
})

t.test('a removal ends every token from before, and a later one enters again', async (t) => {
  const token = issuer.mint('leaver', { claims: { groups: ['admins'] } })
  const { id } = (await as(token).get('/v1/me')).body.user
  const path = `/v1/accounts/${account}/users/${id}`
  const removed = await root.post(`${path}/remove`, { keys: 'keep' })
  t.equal(removed.status, 200, removed.text)
  assertProblem(t, await as(token).get(keysOf(account)), permissionDenied, 'the token')
  const seconds = Math.floor(Date.now() / 1000)
  const again = by('leaver', { groups: ['admins'], iat: seconds + 59, exp: seconds + 600 })
  assertProblem(t, await again.get(keysOf(account)), permissionDenied, 'within the skew')
  site.clock.offsetMs = 120_000
  t.teardown(() => {
    site.clock.offsetMs = 0
  })
  const late = by('leaver', { groups: ['admins'], iat: seconds + 120, exp: seconds + 600 })
  t.equal((await late.get(keysOf(account))).status, 200)
  assertProblem(
    t,
    await as(token).get(keysOf(account)),
    permissionDenied,
    'the first one stays out',
  )
})

t.test('a removal by an instance whose clock is behind ends the same tokens', async (t) => {
  const token = issuer.mint('leaver of the past', { claims: { groups: ['admins'] } })
  const { id } = (await as(token).get('/v1/me')).body.user
  site.clock.offsetMs = -300_000
  const removed = await root.post(`/v1/accounts/${account}/users/${id}/remove`, { keys: 'keep' })
  site.clock.offsetMs = 0
  t.equal(removed.status, 200, removed.text)
  assertProblem(t, await as(token).get(keysOf(account)), permissionDenied, 'the token')
})

t.test('a role that a sign-in takes ends every token from before', async (t) => {
  const mover = by('mover', { groups: ['admins'] })
  t.equal((await mover.get(keysOf(account))).status, 200)
  const signIn = signInAs(site, 'mover', [], { issuer: issuer.issuer })
  await t.rejects(signIn, { code: 'permission_denied' }, 'no claim of the ID token maps')
  assertProblem(t, await mover.get(keysOf(account)), permissionDenied, 'the token')
})

t.test('a JWT that gives nothing takes no lock of its account', async (t) => {
  const raw = await connectRaw(t, site.database.url)
  const removed = by('was-removed', { groups: ['admins'] })
  const { id } = (await removed.get('/v1/me')).body.user
  await root.post(`/v1/accounts/${account}/users/${id}/remove`, { keys: 'keep' })
  const reader = by('stays-reader', { groups: ['readers'] })
  t.equal((await reader.get('/v1/me')).status, 200)
  await raw.query('begin')
  await raw.query(`select from account where id = '${account}' for update`)
  const refused = {
    'whom an administrator removed': removed,
    'whose role does not exist': by('is-lost', { groups: ['lost'] }),
    'whose claims map to nothing': by('is-unknown'),
  }
  for (const [who, caller] of Object.entries(refused)) {
    assertProblem(t, await caller.get(keysOf(account)), permissionDenied, who)
  }
  t.equal((await reader.get(keysOf(account))).status, 200, 'nor does one that changes nothing')
  await raw.query('rollback')
})

t.test('nobody grants by a JWT what its role does not hold', async (t) => {
  const narrow = await newRole(root, account, 'issues only', ['api_key:create', 'role:read'])
  const person = { issuer: issuer.issuer, subject: 'narrow' }
  await root.post(`/v1/accounts/${account}/users`, { ...person, role: narrow })
  const issue = { name: 'too wide', role: 'admin', expires_at: null }
  const refused = await by('narrow').post(keysOf(account), issue)
  assertProblem(t, refused, { status: 403, code: 'escalation' }, 'admin')
  const acting = await by('narrow').call('GET', '/v1/me', { headers: { 'x-acting-user': 'u' } })
  assertProblem(t, acting, permissionDenied, 'nor for another user')
})

t.test('an act by a JWT is judged again as of its transaction', async (t) => {
  const raw = await connectRaw(t, site.database.url)
  const issue = { name: 'too late', role: 'viewer', expires_at: null }
  const mapped = by('in-time', { groups: ['admins'] })
  const { id } = (await mapped.get('/v1/me')).body.user
  const narrow = await newRole(root, account, 'to be narrowed', ['api_key:create'])
  const person = { issuer: issuer.issuer, subject: 'narrowed' }
  await root.post(`/v1/accounts/${account}/users`, { ...person, role: narrow })
  const given = by('narrowed')
  const raced = async (request: () => Promise<Answer>, lock: string, change: string) => {
    await raw.query('begin')
    await raw.query(lock)
    const answering = request()
    await untilBlocked(raw)
    await raw.query(change)
    await raw.query('commit')
    return answering
  }
  const membership = `membership where person_id = '${id}'`
  const removed = await raced(
    () => mapped.post(keysOf(account), issue),
    `select from ${membership} for update`,
    `update membership set removed_at = now(), live = null where person_id = '${id}'`,
  )
  assertProblem(t, removed, unauthenticated, 'removed while the act waited')
  const role = `role where id = '${narrow}'`
  const narrowed = await raced(
    () => given.post(keysOf(account), { ...issue, role: narrow }),
    `select from ${role} for update`,
    `update role set effective_account = '{}' where id = '${narrow}'`,
  )
  assertProblem(t, narrowed, permissionDenied, 'narrowed while the act waited')
  const found = await root.get(`${keysOf(account)}?name=too%20late`)
  t.same(found.body.api_keys ?? [], [])
})

t.test('a JWT that proves nobody is refused, and its values are repeated nowhere', async (t) => {
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const groups = ['admins']
  const subject = 'mallory-7f3a'
  const seconds = Math.floor(Date.now() / 1000)
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const bad: Readonly<Record<string, Mint>> = {
    'the key of a stranger': { signature: (text) => signES256(text, stranger) },
    'no signature': { header: { alg: 'none' }, signature: () => '' },
    'a MAC under the public key': {
      header: { alg: 'HS256' },
      signature: (text, key) =>
        createHmac('sha256', createPublicKey(key).export({ type: 'spki', format: 'pem' }))
          .update(text)
          .digest('base64url'),
    },
    'a key that the header brings': {
      header: { jwk: rsa.export({ format: 'jwk' }), jku: `${issuer.issuer}/keys` },
      signature: (text) => signES256(text, stranger),
    },
    'a critical extension': { header: { crit: ['exp'] } },
    'an ID token by its client id': { claims: { aud: 'client-of-robots' } },
    'an ID token by its nonce': { claims: { nonce: 'n' } },
    'an ID token by its at_hash': { claims: { at_hash: 'h' } },
    'a logout token': { header: { typ: 'logout+jwt' }, claims: { events: {} } },
    'another audience': { claims: { aud: 'https://elsewhere.example.com' } },
    'another issuer': { claims: { iss: 'https://elsewhere.example.com' } },
    'an issuer with a slash': { claims: { iss: `${issuer.issuer}/` } },
    'an issuer that is no string': { claims: { iss: [issuer.issuer] } },
    'no subject': { claims: { sub: undefined } },
    'a subject that is no string': { claims: { sub: 7 } },
    'an empty subject': { claims: { sub: '' } },
    expired: { claims: { iat: seconds - 600, exp: seconds - 61 } },
    'from the future': { claims: { iat: seconds + 120, exp: seconds + 240 } },
    'groups of a wrong type': { claims: { groups: { admins: true } } },
    'groups that are not texts': { claims: { groups: ['admins', 7] } },
    'an e-mail address of a wrong type': { claims: { email: ['a@example.com'] } },
    'more than a JWT holds': { claims: { groups: ['g'.repeat(8_192)] } },
    'a long header': { header: { kid: 'k'.repeat(1_100) } },
  }
  await by('first', { groups }).get('/v1/me')
  for (const [name, mint] of Object.entries(bad)) {
    const claims = { groups, ...mint.claims }
    const answer = await as(issuer.mint(subject, { ...mint, claims })).get('/v1/me')
    assertProblem(t, answer, unauthenticated, name)
    t.match(answer.headers['www-authenticate'], /^Bearer /)
    t.notMatch(answer.text, new RegExp(`${subject}|elsewhere|admins`), name)
  }
  const [header, , signature] = issuer.mint(subject).split('.')
  const claims = Buffer.from(JSON.stringify({ iss: issuer.issuer, sub: 'root' }))
  const changed = await as(`${header}.${claims.toString('base64url')}.${signature}`).get('/v1/me')
  assertProblem(t, changed, unauthenticated, 'changed claims')
  t.notOk(
    logLines.some((line) => line.includes(subject)),
    'nor does a log line repeat them',
  )
  const users = (await root.get(`/v1/accounts/${account}/users`)).text
  t.notMatch(users, subject)
})

t.test('a JWT of an issuer is refused wherever keys and sessions are expected', async (t) => {
  const jwt = issuer.mint('deployer', { claims: { groups: ['admins', 'operators'] } })
  const body = { token: jwt }
  t.match(await root.verify(jwt), { valid: false })
  assertProblem(t, await as(jwt).post('/v1/verify', body), unauthenticated, 'as the verifier')
  const form = { type: 'application/x-www-form-urlencoded', text: `token=${jwt}` }
  const told = await root.call('POST', '/oauth2/introspect', { raw: form })
  t.same(told.body, { active: false })
  t.equal((await as(jwt).call('POST', '/oauth2/introspect', { raw: form })).status, 401)
  t.not((await as(jwt).get('/v1/forward-auth')).status, 200)
  const aeon = await as(jwt).get('/api/public/v1/accounts')
  t.ok([401, 404].includes(aeon.status), `the Aeon API: ${aeon.status}`)
  const cookie = { cookie: `aeon_session_80=${jwt}`, host: 'localhost', 'x-aeon-console': '1' }
  const session = await as(undefined).call('GET', '/v1/me', { headers: cookie })
  assertProblem(t, session, unauthenticated, 'in a cookie')
})

t.test('our own JWT form is never tried at an issuer, nor theirs with us', async (t) => {
  const { body } = await root.post(keysOf(account), {
    name: 'with a JWT',
    role: 'viewer',
    expires_at: null,
    jwt: true,
  })
  const own: unknown = body.jwt
  if (typeof own === 'string')
    t.equal((await as(own).get('/v1/me')).body.api_key.name, 'with a JWT')
  const asked = issuer.asked
  const header = { alg: 'HS256', typ: 'JWT', kid: undefined }
  const forged = await as(issuer.mint('deployer', { header })).get('/v1/me')
  assertProblem(t, forged, unauthenticated, 'with our header')
  t.match(forged.body.detail, 'The API key is not valid.')
  t.equal(issuer.asked, asked)
})

t.test('a JWT by a key that was published a moment ago is no denial', async (t) => {
  const fresh = await openSite(t)
  const groups = ['readers']
  const unknown = fresh.issuer.mint('reader', { header: { kid: 'unknown' } })
  assertProblem(t, await fresh.as(unknown).get('/v1/me'), unauthenticated, 'asked for this one')
  fresh.issuer.rotate()
  const { asked } = fresh.issuer
  const others = {
    'the new key': fresh.by('reader', { groups }),
    'another token by the unknown kid': fresh.as(
      fresh.issuer.mint('reader', { header: { kid: 'unknown' }, claims: { groups } }),
    ),
    'another algorithm of a key': fresh.as(
      fresh.issuer.mint('reader', { header: { kid: 'robots-1', alg: 'ES384' } }),
    ),
  }
  for (const [name, caller] of Object.entries(others)) {
    const answer = await caller.get('/v1/me')
    assertProblem(t, answer, unavailable, name)
    const seconds = Number(answer.headers['retry-after'])
    t.ok(seconds > 1 && seconds <= 60, `${name}: ${seconds}`)
  }
  assertProblem(t, await fresh.as(unknown).get('/v1/me'), unauthenticated, 'it stays refused')
  t.equal(fresh.issuer.asked, asked, 'the issuer is not asked within a minute')
})

t.test('an issuer that is away is no denial', async (t) => {
  const fresh = await openSite(t)
  fresh.issuer.status = 500
  const groups = ['readers']
  const away = await fresh.by('reader', { groups }).get('/v1/me')
  assertProblem(t, away, unavailable, 'no keys are known')
  t.ok(Number(away.headers['retry-after']) >= 1)
  t.equal((await fresh.root.get('/v1/me')).status, 200, 'keys go on')
  for (const keys of [{ keys: Array.from({ length: 10_000 }, () => ({ kid: 'k' })) }, 'no keys']) {
    const other = await openSite(t)
    other.issuer.keys = keys
    const answer = await other.by('reader', { groups }).get('/v1/me')
    assertProblem(t, answer, unavailable, 'keys that are none')
  }
})

t.test('an issuer without an audience in OIDC_FILE authenticates nobody at /v1', async (t) => {
  const plain = await startJwtIssuer(t, 'plain')
  const { audience: _, ...entry } = plain.entry
  // Alone, and beside an issuer that has one.
  for (const others of [[], [issuer.entry]]) {
    const OIDC_FILE = await writeOidcFile(t, [entry, ...others])
    const service = await startTestService(t, { settings: { OIDC_FILE } })
    const answer = await service.as(plain.mint('anybody')).get('/v1/me')
    assertProblem(t, answer, unauthenticated, audience)
    t.equal(plain.asked, 0, `not even for its keys, beside ${others.length}`)
  }
})
