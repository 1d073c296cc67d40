/** People sign in by a real provider of OpenID Connect (oidc-provider). */
import t, { type Test } from 'tap'
import { type ErrorCode, ServiceError } from '../../src/errors.ts'
import { StandbyError } from '../../src/store/faults.ts'
import { callWithCookie, consoleOrigin, cookieName } from '../helpers/browser.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount } from '../helpers/fixtures.ts'
import { freePort } from '../helpers/free-port.ts'
import { proveAt, type RealProvider, startProvider } from '../helpers/oidc-provider.ts'
import { assertProblem } from '../helpers/problems.ts'
import {
  begin,
  comeBack,
  cookiesOf,
  tryBegin,
  writeProviders,
} from '../helpers/provider-sign-in.ts'
import { startTestService, type TestService } from '../helpers/service.ts'

const path = '/v1/session'

interface Site {
  readonly provider: RealProvider
  readonly service: TestService
  readonly account: string
}

/** A service whose only provider maps the group admins to a role of an account. */
async function openSite(t: Test): Promise<Site> {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const provider = await startProvider(t)
  const before = await startTestService(t, { database })
  const { rootToken } = before
  const account = await newAccount(before.root)
  await before.stop()
  const OIDC_FILE = await writeProviders(t, [
    {
      ...provider,
      roles: [
        { claim: 'groups', value: 'admins', account, role: 'admin' },
        { claim: 'groups', value: 'operators', platform: true, role: 'viewer' },
      ],
    },
  ])
  const service = await startTestService(t, { database, rootToken, settings: { OIDC_FILE } })
  service.canaries.addSecret(provider.clientSecret)
  return { provider, service, account }
}

/** Signs in from beginning to end. Returns the answer of the callback. */
async function signIn({ service }: Site, subject: string, body?: object) {
  const { url, cookie } = await begin(service, body)
  return comeBack(service, await proveAt(url, subject), cookie)
}

t.test('a person signs in, and may do what the claims map to', async (t) => {
  const site = await openSite(t)
  const { provider, service, account } = site
  provider.people.set('ada', {
    email: 'ada@example.com',
    email_verified: true,
    name: 'Ada <script>alert(1)</script>',
    groups: ['staff', 'admins'],
  })
  const listed = await service.as(undefined).get('/v1/session/providers')
  t.same(listed.body.providers, [{ name: 'corp', label: 'corp', issuer: provider.issuer }])

  const { url, cookie } = await begin(service)
  const asked = new URL(url).searchParams
  t.equal(asked.get('code_challenge_method'), 'S256')
  t.equal(asked.get('scope'), provider.entry.scopes.join(' '))
  t.equal(asked.get('redirect_uri'), `${consoleOrigin}${path}/callback/corp`)
  for (const name of ['state', 'nonce', 'code_challenge']) t.ok((asked.get(name)?.length ?? 0) > 40)
  const back = await proveAt(url, 'ada')
  const signedIn = await comeBack(service, back, cookie)
  t.match(signedIn, { status: 303, headers: { location: '/console' } }, signedIn.text)
  t.equal(signedIn.headers['cache-control'], 'no-store')
  const { [cookieName]: session = '', ...others } = cookiesOf(signedIn)
  service.canaries.addSecret(session)
  t.same(Object.values(others), [''], 'the cookie of the sign-in is forgotten')
  const me = await callWithCookie(service, session, 'GET', path)
  t.match(me.body, {
    user: {
      issuer: provider.issuer,
      subject: 'ada',
      email: 'ada@example.com',
      email_verified: true,
      name: 'Ada <script>alert(1)</script>',
      role_mapped: true,
    },
    role: { name: 'admin' },
    account: { id: account },
  })

  const replayed = await comeBack(service, back, cookie)
  t.match(replayed.headers, { location: '/console#sign-in-failed=refused' }, 'a code works once')
  t.equal(cookiesOf(replayed)[cookieName], undefined)
  const out = await callWithCookie(service, session, 'DELETE', path)
  t.equal(out.body.receipt.state, 'complete')
  const leaves = new URL(out.body.logout_url)
  t.equal(`${leaves.origin}${leaves.pathname}`, `${provider.issuer}/session/end`)
  const expected = {
    client_id: 'aeon-keys',
    post_logout_redirect_uri: `${consoleOrigin}/console/signed-out`,
  }
  t.same(Object.fromEntries(leaves.searchParams), expected, 'no token and no name of a person')
  t.equal((await callWithCookie(service, session, 'GET', path)).status, 401)
})

t.test('a person with roles in several accounts chooses one at the sign-in', async (t) => {
  const site = await openSite(t)
  const { provider, service, account } = site
  provider.people.set('ada', { groups: [] })
  const other = await newAccount(service.root, 'Other')
  for (const id of [other, account]) {
    const body = { issuer: provider.issuer, subject: 'ada', role: 'viewer' }
    t.equal((await service.root.post(`/v1/accounts/${id}/users`, body)).status, 201)
  }
  const accountOf = async (account_id?: string) => {
    const answer = await signIn(site, 'ada', { provider: 'corp', account_id })
    const { [cookieName]: session = '' } = cookiesOf(answer)
    if (session === '') return answer.headers.location
    service.canaries.addSecret(session)
    return (await callWithCookie(service, session, 'GET', path)).body.account.id
  }
  t.equal(await accountOf(), other, 'the one joined first')
  t.equal(await accountOf(account), account)
  t.equal(await accountOf(other.toUpperCase()), other)
  const elsewhere = await newAccount(service.root, 'Elsewhere')
  t.equal(await accountOf(elsewhere), '/console#sign-in-failed=no_role')
})

t.test('the answer of a provider counts only in the browser that asked', async (t) => {
  const site = await openSite(t)
  const { provider, service } = site
  provider.people.set('eve', { groups: ['admins'] })
  const begun = await begin(service)
  const back = await proveAt(begun.url, 'eve')
  const failed = (reason: string) => ({
    status: 303,
    headers: { location: `/console#sign-in-failed=${reason}` },
  })
  t.match(await comeBack(service, back, undefined), failed('expired'), 'no cookie')
  const other = await begin(service)
  t.match(await comeBack(service, back, other.cookie), failed('expired'), 'the cookie of another')
  const forged = begun.cookie.replace(/\.(.)/, (_, first) => (first === 'A' ? '.B' : '.A'))
  t.match(await comeBack(service, back, forged), failed('expired'), 'a forged cookie')
  // Base64url leaves two bits of the last character unused.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const respelled = begun.cookie.replace(/.$/, (last) => alphabet[alphabet.indexOf(last) + 1] ?? '')
  t.match(await comeBack(service, back, respelled), failed('expired'), 'another spelling of it')
  const twice = `${begun.cookie}; ${begun.cookie}`
  t.match(await comeBack(service, back, twice), failed('expired'), 'two cookies')
  const elsewhere = new URL(back.href.replace('/callback/corp', '/callback/other'))
  t.match(await comeBack(service, elsewhere, begun.cookie), failed('expired'), 'another provider')
  for (const [name, value, reason] of [
    ['iss', 'https://other.example.com', 'refused'],
    ['code', 'another', 'refused'],
    ['state', 'another', 'expired'],
  ] as const) {
    const altered = new URL(back)
    altered.searchParams.set(name, value)
    t.match(await comeBack(service, altered, begun.cookie), failed(reason), `another ${name}`)
    const repeated = new URL(back)
    repeated.searchParams.append(name, value)
    t.match(await comeBack(service, repeated, begun.cookie), failed(reason), `two of ${name}`)
  }
  const [, value = ''] = begun.cookie.split('=')
  const renamed = `${other.cookie.split('=')[0]}=${value}`
  const mixed = new URL(back)
  mixed.searchParams.set('state', new URL(other.url).searchParams.get('state') ?? '')
  t.match(await comeBack(service, mixed, renamed), failed('refused'), 'a cookie renamed')
  const without = new URL(back)
  without.searchParams.delete('iss')
  t.match(await comeBack(service, without, begun.cookie), failed('refused'), 'no issuer (RFC 9207)')
  service.clock.offsetMs = 601_000
  t.match(await comeBack(service, back, begun.cookie), failed('expired'), 'too late')
  service.clock.offsetMs = 0
  const known = new URL(back)
  known.searchParams.set('session_state', 'x')
  known.searchParams.set('utm', 'y')
  const entered = await comeBack(service, known, (await begin(service)).cookie)
  t.match(entered, failed('expired'), 'its state is not of this sign-in')
  const fresh = await begin(service)
  const freshBack = await proveAt(fresh.url, 'eve')
  freshBack.searchParams.set('unknown', 'ignored')
  const good = await comeBack(service, freshBack, fresh.cookie)
  t.match(good, { status: 303, headers: { location: '/console' } }, 'unknown parameters')
  service.canaries.addSecret(cookiesOf(good)[cookieName] ?? '')
})

t.test('a person without a role is refused, and nothing of them is stored', async (t) => {
  const site = await openSite(t)
  const { provider, service, account } = site
  provider.people.set('nobody', { groups: ['staff'] })
  const refused = await signIn(site, 'nobody')
  t.equal(refused.headers.location, '/console#sign-in-failed=no_role')
  t.notOk(refused.text.includes('nobody'))
  const users = `/v1/accounts/${account}/users`
  t.same((await service.root.get(users)).body.users, [])

  const body = { issuer: provider.issuer, subject: 'nobody', role: 'viewer' }
  t.equal((await service.root.post(users, body)).status, 201)
  const entered = await signIn(site, 'nobody')
  t.equal(entered.headers.location, '/console', 'who was added may')
  service.canaries.addSecret(cookiesOf(entered)[cookieName] ?? '')
  const other = await service.root.post(users, { ...body, issuer: `${provider.issuer}/` })
  const faults = [['/issuer', 'provider']] as const
  const invalid = { status: 400, code: 'invalid_request', faults }
  assertProblem(t, other, invalid, 'an issuer of no provider')
})

t.test(
  'a sign-in that proves an identity again confirms, and ends the session before',
  async (t) => {
    const site = await openSite(t)
    const { provider, service, account } = site
    provider.people.set('ada', { groups: ['admins'] })
    const first = cookiesOf(await signIn(site, 'ada'))[cookieName] ?? ''
    service.canaries.addSecret(first)
    const keys = `/v1/accounts/${account}/api-keys`
    const body = { name: 'k', role: 'admin', expires_at: null }
    const refused = await callWithCookie(service, first, 'POST', keys, { body })
    assertProblem(t, refused, { status: 403, code: 'confirmation_required' }, 'not proved')

    const { url, cookie } = await begin(service, { provider: 'corp', confirm: true })
    t.equal(new URL(url).searchParams.get('prompt'), 'login')
    const both = `${cookie}; ${cookieName}=${first}`
    const confirmed = await comeBack(service, await proveAt(url, 'ada'), both)
    const second = cookiesOf(confirmed)[cookieName] ?? ''
    service.canaries.addSecret(second)
    t.equal((await callWithCookie(service, second, 'POST', keys, { body })).status, 201)
    t.equal((await callWithCookie(service, first, 'GET', path)).status, 401, 'the one before')

    const third = await begin(service)
    const twice = `${third.cookie}; ${cookieName}=${second}; ${cookieName}=${second}`
    const again = await comeBack(service, await proveAt(third.url, 'ada'), twice)
    t.match(again, { status: 303, headers: { location: '/console' } }, 'two cookies before')
    const fresh = cookiesOf(again)[cookieName] ?? ''
    service.canaries.addSecret(fresh)
    t.equal((await callWithCookie(service, fresh, 'GET', path)).status, 200, 'signed in')
    t.ok(
      service.logLines.some((line) =>
        line.includes('failed to end the previous session of the browser'),
      ),
    )
  },
)

t.test('what fails while a person signs in is said on the page that opens', async (t) => {
  const site = await openSite(t)
  const { deps } = site.service.service
  const provider = deps.providers.get('corp')
  if (provider === undefined) throw new Error('The provider is missing.')
  const failures = { unavailable: 'away', overloaded: 'away', unauthenticated: 'no_role' } as const
  for (const [code, failure] of Object.entries(failures)) {
    provider.finish = () => Promise.reject(new ServiceError(code as ErrorCode, 'Not now.'))
    const answer = await signIn(site, 'ada')
    t.equal(answer.headers.location, `/console#sign-in-failed=${failure}`, code)
  }
  provider.finish = () => Promise.reject(new StandbyError())
  const standby = await signIn(site, 'ada')
  t.equal(standby.headers.location, '/console#sign-in-failed=away', 'no database')
  provider.finish = () => Promise.reject(new Error('A mistake.'))
  t.equal((await signIn(site, 'ada')).status, 500, 'a mistake of the service')
})

t.test('while the provider is away sessions go on, and sign-in says so', async (t) => {
  const site = await openSite(t)
  const { provider, service, account } = site
  provider.people.set('ada', { groups: ['admins'] })
  const session = cookiesOf(await signIn(site, 'ada'))[cookieName] ?? ''
  service.canaries.addSecret(session)
  const open = await startProvider(t, 'open', { token_endpoint_auth_method: 'none' })
  open.people.set('eve', { groups: ['admins'] })
  const roles = [{ claim: 'groups', value: 'admins', account, role: 'viewer' }]
  const OIDC_FILE = await writeProviders(t, [
    { ...open, clientSecret: undefined, roles },
    {
      entry: { ...provider.entry, issuer: `http://127.0.0.1:${await freePort()}` },
      clientSecret: provider.clientSecret,
      roles: [],
    },
  ])
  const { database, rootToken } = service
  const other = await startTestService(t, { database, rootToken, settings: { OIDC_FILE } })
  const answer = await tryBegin(other, { provider: 'corp' })
  assertProblem(t, answer, { status: 503, code: 'unavailable' }, 'away')
  t.match(answer.body.detail, 'provider')
  t.equal(answer.headers['set-cookie'], undefined)
  t.equal((await callWithCookie(other, session, 'GET', path)).status, 200, 'the session goes on')
  const begun = await begin(other, { provider: 'open' })
  const entered = await comeBack(other, await proveAt(begun.url, 'eve'), begun.cookie)
  t.equal(entered.headers.location, '/console', 'as does another, for which we are a public client')
  other.canaries.addSecret(cookiesOf(entered)[cookieName] ?? '')
  const unknown = await tryBegin(other, { provider: 'nobody' })
  assertProblem(t, unknown, { status: 404, code: 'not_found' }, 'no such provider')
})
