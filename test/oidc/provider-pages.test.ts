/**
 * The pages of a provider to which a browser is led, to sign in and to log out (OpenID Connect
 * RP-Initiated Logout 1.0), by what its metadata says.
 */
import type { ServerResponse } from 'node:http'
import t from 'tap'
import { ProviderUnavailable } from '../../src/oidc/errors.ts'
import { Provider } from '../../src/oidc/provider.ts'
import { newAccount } from '../helpers/fixtures.ts'
import { startHostileProvider } from '../helpers/hostile-provider.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { signInAs } from '../helpers/people.ts'
import { startTestService } from '../helpers/service.ts'

const returnUri = 'https://keys.example.com/console/signed-out'
const hostile = await startHostileProvider(t)
const { issuer } = hostile

/** A client that has asked for nothing yet, of a provider whose metadata differs. */
function clientOf(differing: object, origins: readonly string[] = []): Provider {
  hostile.misdeed = { metadata: (metadata) => ({ ...metadata, ...differing }) }
  return new Provider({
    name: 'corp',
    label: 'corp',
    issuer,
    clientId: 'aeon-keys',
    clientSecret: undefined,
    scopes: ['openid'],
    origins,
    audience: undefined,
    rules: [],
  })
}

async function logoutUrl(endpoint: unknown, origins?: readonly string[]) {
  return (await clientOf({ end_session_endpoint: endpoint }, origins).logout(returnUri))?.href
}

async function signInPage(endpoint: unknown, origins?: readonly string[]) {
  const { origin, pathname } = await clientOf({ authorization_endpoint: endpoint }, origins).start({
    redirectUri: 'https://keys.example.com/v1/session/callback/corp',
    state: 'state',
    nonce: 'nonce',
    codeVerifier: 'verifier',
    isConfirmation: false,
  })
  return origin + pathname
}

const query = new URLSearchParams({ post_logout_redirect_uri: returnUri, client_id: 'aeon-keys' })

t.test(
  'the browser is led to the page of the provider, which may be at a named origin',
  async (t) => {
    t.equal(await logoutUrl(`${issuer}/end`), `${issuer}/end?${query}`)
    const elsewhere = 'https://logout.example.com'
    t.equal(await logoutUrl(`${elsewhere}/`, [elsewhere]), `${elsewhere}/?${query}`)
    t.equal(await logoutUrl(`${issuer}/end?tenant=1`), `${issuer}/end?tenant=1&${query}`)
    t.equal(await signInPage(`${issuer}/sign-in`), `${issuer}/sign-in`)
    t.equal(await signInPage(`${elsewhere}/`, [elsewhere]), `${elsewhere}/`)
  },
)

for (const [name, endpoint] of Object.entries({
  'a provider without such a page': undefined,
  'a page of another origin': 'https://logout.example.com/',
  'a page of another port': 'http://127.0.0.1:1/end',
  'a script': 'javascript:alert(1)',
  'no URL': 'end',
})) {
  t.test(`${name} leads the browser nowhere`, async (t) => {
    t.equal(await logoutUrl(endpoint), undefined)
    await t.rejects(signInPage(endpoint), ProviderUnavailable)
  })
}

t.test('a provider whose pages are no text is away', async (t) => {
  await t.rejects(logoutUrl(7), ProviderUnavailable)
  await t.rejects(signInPage(7), ProviderUnavailable)
})

t.test('a sign-out does not wait for a provider that never answers', async (t) => {
  const OIDC_FILE = await writeOidcFile(t, [{ ...hostile.entry, roles: [] }])
  const service = await startTestService(t, { settings: { OIDC_FILE } })
  const accountId = await newAccount(service.root)
  const ada = await signInAs(service, 'ada', [{ accountId, role: 'viewer' }], { issuer })
  const open = new Set<ServerResponse>()
  const answer = (_: unknown, response: ServerResponse) => {
    open.add(response)
    response.once('close', () => open.delete(response))
    return true
  }
  hostile.misdeed = { answer }
  const out = await ada.call('DELETE', '/v1/session')
  t.match(out, { status: 200, body: { receipt: { state: 'complete' }, logout_url: null } })
  t.equal(open.size, 1, 'the provider is still asked')
  for (const response of open) response.destroy()
})
