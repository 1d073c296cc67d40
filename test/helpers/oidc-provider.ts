import { generateKeyPairSync } from 'node:crypto'
import { Provider } from 'oidc-provider'
import type { Test } from 'tap'
import { consoleOrigin } from './browser.ts'
import { listen } from './listen.ts'

/** The claims of a person at the provider, beside the subject. */
export type Claims = Readonly<Record<string, unknown>>

/** A real provider of OpenID Connect, with this service as its client. */
export interface RealProvider {
  readonly issuer: string
  /** An entry of OIDC_FILE, with the secret still to be put into a file. */
  readonly entry: {
    readonly name: string
    readonly issuer: string
    readonly client_id: string
    readonly scopes: readonly string[]
  }
  readonly clientSecret: string
  /** What the provider says of the people that it knows, by subject; a test may change it. */
  readonly people: Map<string, Claims>
}

const clientId = 'aeon-keys'
const scopes = ['openid', 'email', 'profile', 'groups']

/** Starts oidc-provider. It knows everybody by any password. */
export async function startProvider(t: Test, name = 'corp'): Promise<RealProvider> {
  const clientSecret = `secret-of-${name}-0123456789abcdef`
  const people = new Map<string, Claims>()
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'k1' }
  const issuer = await listen(t, (origin) => {
    const provider: Provider = new Provider(origin, {
      jwks: { keys: [key] },
      cookies: { keys: ['a key of the cookies of the provider'] },
      clients: [
        {
          client_id: clientId,
          client_secret: clientSecret,
          redirect_uris: [`${consoleOrigin}/v1/session/callback/${name}`],
          response_types: ['code'],
          grant_types: ['authorization_code'],
          id_token_signed_response_alg: 'ES256',
        },
      ],
      scopes,
      claims: {
        openid: ['sub'],
        email: ['email', 'email_verified'],
        profile: ['name'],
        groups: ['groups'],
      },
      conformIdTokenClaims: false,
      pkce: { required: () => true },
      features: { devInteractions: { enabled: true } },
      ttl: { Session: 3600, Interaction: 600, Grant: 3600, IdToken: 600, AccessToken: 600 },
      findAccount: async (_: unknown, accountId: string) => ({
        accountId,
        claims: async () => ({ sub: accountId, ...people.get(accountId) }),
      }),
      // The people of the test have agreed.
      loadExistingGrant: async (context: {
        readonly oidc: { readonly session: { readonly accountId: string } }
      }) => {
        const { accountId } = context.oidc.session
        const grant = new provider.Grant({ clientId, accountId })
        grant.addOIDCScope(scopes.join(' '))
        await grant.save()
        return grant
      },
    })
    return provider.callback()
  })
  return { issuer, entry: { name, issuer, client_id: clientId, scopes }, clientSecret, people }
}

/**
 * Goes to the provider as a browser would, proves to be the person, and returns the URL at which
 * the provider sends the browser back.
 */
export async function proveAt(url: string, subject: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let next = url
  let form: string | undefined
  for (let step = 0; step < 12; step += 1) {
    const response = await fetch(next, {
      redirect: 'manual',
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form !== undefined && { method: 'POST', body: form }),
    })
    const text = await response.text()
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const location = response.headers.get('location')
    form = undefined
    if (location === null) {
      if (!text.includes('name="login"')) throw new Error(`The provider answers: ${text}`)
      form = new URLSearchParams({ prompt: 'login', login: subject, password: 'any' }).toString()
      continue
    }
    const to = new URL(location, next)
    if (to.origin === consoleOrigin) return to
    next = to.href
  }
  throw new Error('The provider leads nowhere.')
}
