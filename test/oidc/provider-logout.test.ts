/** Logout at a provider (OpenID Connect RP-Initiated Logout 1.0), by what its metadata says. */
import t from 'tap'
import { Provider } from '../../src/oidc/provider.ts'
import { startHostileProvider } from '../helpers/hostile-provider.ts'

const returnUri = 'https://keys.example.com/console/signed-out'
const hostile = await startHostileProvider(t)
const { issuer } = hostile

/** Where a client that has asked for nothing yet leads the browser. */
async function logoutUrl(endpoint: unknown, origins: readonly string[] = []) {
  hostile.misdeed = { metadata: (metadata) => ({ ...metadata, end_session_endpoint: endpoint }) }
  const provider = new Provider({
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
  return (await provider.logout(returnUri))?.href
}

const query = new URLSearchParams({ post_logout_redirect_uri: returnUri, client_id: 'aeon-keys' })

t.test(
  'the browser is led to the page of the provider, which may be at a named origin',
  async (t) => {
    t.equal(await logoutUrl(`${issuer}/end`), `${issuer}/end?${query}`)
    const elsewhere = 'https://logout.example.com'
    t.equal(await logoutUrl(`${elsewhere}/`, [elsewhere]), `${elsewhere}/?${query}`)
    t.equal(await logoutUrl(`${issuer}/end?tenant=1`), `${issuer}/end?tenant=1&${query}`)
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
  })
}
