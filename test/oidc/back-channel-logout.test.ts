/** Providers end sessions by OpenID Connect Back-Channel Logout 1.0. */
import t, { type Test } from 'tap'
import { pruneLogoutTokens } from '../../src/store/logout-tokens.ts'
import { callWithCookie } from '../helpers/browser.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { type JwtIssuer, type Mint, startJwtIssuer } from '../helpers/jwt-issuer.ts'
import { listen } from '../helpers/listen.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { proveAt, startProvider } from '../helpers/oidc-provider.ts'
import { type PersonBrowser, signInAs } from '../helpers/people.ts'
import { begin, comeBack, cookiesOf, writeProviders } from '../helpers/provider-sign-in.ts'
import { startTestService, type TestService } from '../helpers/service.ts'

const path = '/v1/session/back-channel-logout'
const event = 'http://schemas.openid.net/event/backchannel-logout'
const type = 'application/x-www-form-urlencoded'

interface Site extends TestService {
  readonly account: string
  readonly other: string
  readonly issuer: JwtIssuer
  signIn(subject: string, providerSession: string, accountId: string): Promise<PersonBrowser>
  /** Sends a logout token with these claims. */
  logOut(claims: object, mint?: Mint): ReturnType<TestService['root']['call']>
  statusOf(browser: PersonBrowser): Promise<number>
}

let count = 0

function rolesOf(accountIds: readonly string[]) {
  return accountIds.map((accountId) => ({ accountId, role: 'viewer' }))
}

async function openSite(t: Test): Promise<Site> {
  const issuer = await startJwtIssuer(t)
  const OIDC_FILE = await writeOidcFile(t, [issuer.entry])
  const service = await startTestService(t, { settings: { OIDC_FILE } })
  const account = await newAccount(service.root)
  const other = await newAccount(service.root, 'Other')
  const send = (text: string) =>
    service.as(undefined).call('POST', path, { raw: { type, text: `logout_token=${text}` } })
  return {
    ...service,
    account,
    other,
    issuer,
    signIn: (subject, providerSession, accountId) =>
      signInAs(service, subject, rolesOf([account, other]), {
        issuer: issuer.issuer,
        providerSession,
        accountId,
      }),
    logOut(claims, mint = {}) {
      count += 1
      const all = {
        aud: 'client-of-robots',
        jti: `jti ${count}`,
        events: { [event]: {} },
        ...claims,
      }
      const header = { typ: 'logout+jwt', ...mint.header }
      return send(issuer.mint('unused', { ...mint, header, claims: { sub: undefined, ...all } }))
    },
    statusOf: async (browser) => (await browser.call('GET', '/v1/session')).status,
  }
}

const site = await openSite(t)
const { root, account, other, signIn, logOut, statusOf } = site

t.test('a logout of one session ends that one, in every account, and no other', async (t) => {
  const here = await signIn('ada', 'laptop', account)
  const phone = await signIn('ada', 'phone', account)
  const same = await signIn('bob', 'laptop', other)
  const answer = await logOut({ sub: 'ada', sid: 'laptop' })
  t.same([answer.status, answer.text], [200, ''], answer.text)
  t.equal(answer.headers['cache-control'], 'no-store')
  t.same(await Promise.all([here, phone, same].map(statusOf)), [401, 200, 200])
  t.equal((await logOut({ sid: 'laptop' })).status, 200)
  t.same(await Promise.all([phone, same].map(statusOf)), [200, 401], 'without a subject')
  const events = (await root.get(`/v1/accounts/${account}/audit-events?action=session.ended`)).body
  t.match(events.audit_events[0], {
    actor: { kind: 'system' },
    resource: { id: here.sessionId },
    after: { ended_by: 'provider' },
  })
})

t.test('a logout of a person ends the sessions in all accounts', async (t) => {
  const browsers = [
    await signIn('cyd', 'one', account),
    await signIn('cyd', 'two', account),
    await signIn('cyd', 'three', other),
  ]
  const stranger = await signIn('dan', 'four', account)
  t.same(await Promise.all(browsers.map(statusOf)), [200, 200, 200], 'hot')
  t.equal((await logOut({ sub: 'cyd' })).status, 200)
  t.same(await Promise.all(browsers.map(statusOf)), [401, 401, 401])
  t.equal(await statusOf(stranger), 200)
  t.equal((await logOut({ sub: 'cyd' })).status, 200, 'nothing goes on any more')
  t.equal((await logOut({ sub: 'nobody', sid: 'unknown' })).status, 200)
  const [browser] = browsers
  const again = await callWithCookie(site, browser?.cookie ?? '', 'DELETE', '/v1/session')
  t.equal(again.status, 401)
  await root.post(`/v1/accounts/${account}/users`, {
    issuer: site.issuer.issuer,
    subject: 'gil',
    role: 'viewer',
  })
  const jwt = site.as(site.issuer.mint('gil'))
  t.equal((await logOut({ sub: 'gil' })).status, 200)
  t.equal((await jwt.get('/v1/me')).status, 200, 'access tokens and memberships go on')
})

t.test('a logout token counts once', async (t) => {
  const first = await signIn('eve', 'one', account)
  t.equal((await logOut({ sub: 'eve', jti: 'the same' })).status, 200)
  t.equal(await statusOf(first), 401)
  const second = await signIn('eve', 'two', account)
  const answers = await Promise.all([1, 2, 3].map(() => logOut({ sub: 'eve', jti: 'the same' })))
  for (const { status, body, headers } of answers) {
    t.same([status, body.error, headers['cache-control']], [400, 'invalid_request', 'no-store'])
  }
  t.equal(await statusOf(second), 200)
  const racing = await Promise.all([1, 2, 3].map(() => logOut({ sub: 'eve', jti: 'at once' })))
  t.same(racing.map(({ status }) => status).sort(), [200, 400, 400])

  const { db } = site.service.deps
  const recorded = () => db.selectFrom('logout_token').select('jti').execute()
  const all = await recorded()
  await pruneLogoutTokens(db, new Date())
  t.same(await recorded(), all, 'recorded while it may come again')
  await pruneLogoutTokens(db, new Date(Date.now() + 700_000))
  t.same(await recorded(), [], 'and no longer')
})

t.test('what is no logout token ends nothing', async (t) => {
  const browser = await signIn('fay', 'laptop', account)
  const claims = { sub: 'fay' }
  const refused: Readonly<Record<string, ReturnType<typeof logOut>>> = {
    'an access token': logOut(claims, { header: { typ: 'at+jwt' } }),
    'an ID token': logOut({ ...claims, nonce: 'n' }),
    'without an event': logOut({ ...claims, events: {} }),
    'for another client': logOut({ ...claims, aud: 'another' }),
    'of another issuer': logOut({ ...claims, iss: 'https://elsewhere.example.com' }),
    'without a signature': logOut(claims, { header: { alg: 'none' }, signature: () => '' }),
    'a broken signature': logOut(claims, { signature: () => 'AAAA' }),
    'for nobody': logOut({ sub: undefined }),
    'no token': site.as(undefined).call('POST', path, { raw: { type, text: 'token=a' } }),
    'two tokens': site
      .as(undefined)
      .call('POST', path, { raw: { type, text: 'logout_token=a&logout_token=b' } }),
    'a text': site.as(undefined).call('POST', path, { raw: { type, text: 'logout_token=a.b' } }),
    JSON: site.as(undefined).call('POST', path, { body: { logout_token: 'a.b.c' } }),
  }
  for (const [name, answering] of Object.entries(refused)) {
    const { status, body, headers } = await answering
    t.same(
      [status, body.error, headers['cache-control']],
      [400, 'invalid_request', 'no-store'],
      name,
    )
  }
  const long = { raw: { type, text: `logout_token=${'a'.repeat(20_000)}` } }
  t.equal((await site.as(undefined).call('POST', path, long)).status, 413)
  t.equal((await site.as(undefined).get(path)).status, 405)
  t.equal(await statusOf(browser), 200)
})

t.test('a provider that is away is asked to send its logout token again', async (t) => {
  const fresh = await openSite(t)
  fresh.issuer.status = 500
  const answer = await fresh.logOut({ sub: 'ada' })
  t.same([answer.status, answer.body.error], [503, 'temporarily_unavailable'])
  t.ok(Number(answer.headers['retry-after']) >= 1)
})

t.test('a logout token by a key that was published a moment ago is to come again', async (t) => {
  const fresh = await openSite(t)
  const ada = await fresh.signIn('ada', 'laptop', fresh.account)
  t.equal((await fresh.logOut({ sub: 'bob' })).status, 200, 'the keys are known')
  fresh.issuer.rotate()
  const answer = await fresh.logOut({ sub: 'ada' })
  t.same([answer.status, answer.body.error], [503, 'temporarily_unavailable'])
  const seconds = Number(answer.headers['retry-after'])
  t.ok(seconds > 1 && seconds <= 60, `${seconds}`)
  t.equal(await fresh.statusOf(ada), 200)
})

t.test('oidc-provider logs a person out', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const before = await startTestService(t, { database })
  const { rootToken } = before
  const accountId = await newAccount(before.root)
  await before.stop()
  const answered: number[] = []
  const services: TestService[] = []
  const relay = await listen(t, () => async (request, response) => {
    const chunks = await request.toArray()
    const raw = { type: request.headers['content-type'] ?? '', text: Buffer.concat(chunks) }
    const answer = await services[0]?.as(undefined).call('POST', path, { raw })
    answered.push(answer?.status ?? 0)
    response.writeHead(answer?.status ?? 500).end(answer?.text)
  })
  const provider = await startProvider(t, 'corp', {
    backchannel_logout_uri: relay,
    backchannel_logout_session_required: true,
  })
  provider.people.set('ada', { groups: ['staff'] })
  const roles = [{ claim: 'groups', value: 'staff', account: accountId, role: 'viewer' }]
  const OIDC_FILE = await writeProviders(t, [{ ...provider, roles }])
  const service = await startTestService(t, { database, rootToken, settings: { OIDC_FILE } })
  services.push(service)
  const { url, cookie } = await begin(service)
  const back = await comeBack(service, await proveAt(url, 'ada'), cookie)
  const session = Object.values(cookiesOf(back)).find((value) => value !== '') ?? ''
  const answerOf = async () => (await callWithCookie(service, session, 'GET', '/v1/me')).status
  t.equal(await answerOf(), 200)
  const raw = await connectRaw(t, database.url)
  const { rows } = await raw.query('select provider_session from user_session')
  await provider.logOut('ada', rows[0].provider_session)
  t.same(answered, [200])
  t.equal(await answerOf(), 401)
})
