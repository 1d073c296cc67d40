/** Several windows of one browser sign in at once: none of them ends the sign-in of another. */
import t from 'tap'
import type { Answer } from '../helpers/api.ts'
import { callWithCookie, consoleHeaders, cookieName } from '../helpers/browser.ts'
import { newAccount, newInvitation } from '../helpers/fixtures.ts'
import { proveAt, startProvider } from '../helpers/oidc-provider.ts'
import { comeBack, cookiesOf, tryBegin, writeProviders } from '../helpers/provider-sign-in.ts'
import { startTestService } from '../helpers/service.ts'

const provider = await startProvider(t)
const OIDC_FILE = await writeProviders(t, [{ ...provider, roles: [] }])
const service = await startTestService(t, { settings: { OIDC_FILE } })
service.canaries.addSecret(provider.clientSecret)
const { root } = service
const account = await newAccount(root)
const signedIn = { status: 303, headers: { location: '/console' } }
const failed = (reason: string) => ({
  status: 303,
  headers: { location: `/console#sign-in-failed=${reason}` },
})

provider.people.set('ada', { email: 'ada@example.com', email_verified: true })
await root.post(`/v1/accounts/${account}/users`, {
  issuer: provider.issuer,
  subject: 'ada',
  role: 'viewer',
})

/** The cookies of one browser, which its windows share. */
class CookieJar {
  readonly #cookies = new Map<string, string>()

  keep(answer: Answer): Answer {
    for (const [name, value] of Object.entries(cookiesOf(answer))) {
      if (value === '') this.#cookies.delete(name)
      else this.#cookies.set(name, value)
      if (name === cookieName && value !== '') service.canaries.addSecret(value)
    }
    return answer
  }

  get header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  get session(): string {
    return this.#cookies.get(cookieName) ?? ''
  }

  /** How many sign-ins the browser keeps. */
  get pending(): number {
    return [...this.#cookies.keys()].filter((name) => name.includes('sign_in')).length
  }

  /** A window begins a sign-in: where the page then navigates. */
  async begin(body: object = {}): Promise<string> {
    const answer = this.keep(await tryBegin(service, { provider: 'corp', ...body }, this.header))
    if (answer.status !== 200) throw new Error(answer.text)
    return answer.body.url
  }

  async comeBack(back: URL): Promise<Answer> {
    return this.keep(await comeBack(service, back, this.header))
  }
}

t.test('two windows that sign in at once are both signed in', async (t) => {
  const browser = new CookieJar()
  const urls = [await browser.begin(), await browser.begin()]
  t.equal(browser.pending, 2)
  for (const url of urls) {
    t.match(await browser.comeBack(await proveAt(url, 'ada')), signedIn)
    const me = await callWithCookie(service, browser.session, 'GET', '/v1/session')
    t.match(me.body, { user: { subject: 'ada' }, account: { id: account } })
  }
  t.equal(browser.pending, 0, 'both are used up')
})

t.test('an answer that fails ends no sign-in but its own', async (t) => {
  const browser = new CookieJar()
  const failing = await proveAt(await browser.begin(), 'ada')
  const good = await browser.begin()
  for (const [label, forge] of Object.entries({
    'no state': (url: URL) => url.searchParams.delete('state'),
    'the state of no sign-in': (url: URL) => url.searchParams.set('state', 'another'),
    'two states': (url: URL) => url.searchParams.append('state', 'another'),
    'an error without a state': (url: URL) => {
      url.search = '?error=access_denied'
    },
  })) {
    const forged = new URL(failing)
    forge(forged)
    t.match(await browser.comeBack(forged), failed('expired'), label)
    t.equal(browser.pending, 2, label)
  }
  failing.searchParams.set('code', 'another')
  t.match(await browser.comeBack(failing), failed('refused'), 'another code')
  t.equal(browser.pending, 1)
  t.match(await browser.comeBack(failing), failed('expired'), 'its state is used up')
  t.match(await browser.comeBack(await proveAt(good, 'ada')), signedIn)
})

t.test('the answer to one sign-in counts as that to no other', async (t) => {
  const browser = new CookieJar()
  const [one, other] = [await browser.begin(), await browser.begin()]
  const back = await proveAt(one, 'ada')
  back.searchParams.set('state', new URL(other).searchParams.get('state') ?? '')
  t.match(await browser.comeBack(back), failed('refused'), 'its verifier and nonce are others')
})

t.test('an invitation is redeemed while another window signs in', async (t) => {
  const { id, secret } = await newInvitation(root, account, { email: 'bob@example.com' })
  provider.people.set('bob', { email: 'bob@example.com', email_verified: true })
  const browser = new CookieJar()
  const invited = await browser.begin({ invitation: secret })
  const other = await browser.begin()
  t.match(await browser.comeBack(await proveAt(other, 'ada')), signedIn)
  t.match(await browser.comeBack(await proveAt(invited, 'bob')), signedIn)
  const { body } = await root.get(`/v1/accounts/${account}/invitations/${id}`)
  t.match(body.invitation, { status: 'redeemed' })
})

t.test('a browser keeps five sign-ins: the one that began first is forgotten', async (t) => {
  const browser = new CookieJar()
  const { secret } = await newInvitation(root, account, { email: 'eve@example.com' })
  const urls: string[] = []
  for (let count = 0; count < 7; count += 1) {
    service.clock.offsetMs = count * 1_000
    urls.push(await browser.begin({ invitation: secret, account_id: account }))
  }
  t.equal(browser.pending, 5)
  t.ok(browser.header.length < 6_000, `a Cookie header of ${browser.header.length} characters`)
  const answers: Answer[] = []
  for (const url of urls.slice(0, 3)) {
    answers.push(await browser.comeBack(await proveAt(url, 'ada')))
  }
  const other = failed('invitation_other_address')
  t.match(answers, [failed('expired'), failed('expired'), other])
  service.clock.offsetMs = 0
})

t.test('cookies that belong to no sign-in under way are dropped first', async (t) => {
  const browser = new CookieJar()
  const url = await browser.begin()
  const junk = Array.from({ length: 6 }, (_, index) => `aeon_sign_in_8080_${index}=x`).join('; ')
  const header = `${junk}; ${browser.header}; aeon_sign_in_9090_0=x; theme=dark`
  const cookies = cookiesOf(await tryBegin(service, { provider: 'corp' }, header))
  const forgotten = Object.keys(cookies).filter((name) => cookies[name] === '')
  t.equal(forgotten.length, 3, 'seven and the new one are five')
  t.ok(
    forgotten.every((name) => /^aeon_sign_in_8080_\d$/.test(name)),
    forgotten.join(),
  )
  t.match(await browser.comeBack(await proveAt(url, 'ada')), signedIn)
})

t.test('over TLS, no other host or path can set the cookie of a sign-in', async (t) => {
  const { database, rootToken } = service
  const origin = 'https://keys.example.com'
  const settings = { OIDC_FILE, PUBLIC_URL: origin }
  const secure = await startTestService(t, { database, rootToken, settings })
  const begun = await secure.as(undefined).call('POST', '/v1/session/oidc', {
    body: { provider: 'corp' },
    headers: { ...consoleHeaders, host: 'keys.example.com', origin },
  })
  const [line = ''] = [begun.headers['set-cookie'] ?? []].flat().map(String)
  const attributes = 'Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax'
  t.match(line, /^__Host-aeon_sign_in_[\w-]{22}=[\w.-]+; /)
  t.ok(line.endsWith(`; ${attributes}`), line.replace(/=[^;]*/, '=...'))
})
