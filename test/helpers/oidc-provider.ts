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
  /** Tells its client by a logout token that the person logged out. */
  logOut(subject: string, session: string): Promise<void>
}

const clientId = 'aeon-keys'
const scopes = ['openid', 'email', 'profile', 'groups']

/** Starts oidc-provider. It knows everybody by any password. */
export async function startProvider(
  t: Test,
  name = 'corp',
  client: object = {},
): Promise<RealProvider> {
  let started: Provider | undefined
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
          ...client,
        },
      ],
      scopes,
      claims: {
        openid: ['sub'],
        email: ['email', 'email_verified'],
        profile: ['name'],
        groups: ['groups'],
      },
      // By its own choice the provider calls no address of loopback.
      fetch: (url: URL, { dispatcher: _, ...options }: RequestInit & { dispatcher?: unknown }) =>
        fetch(url, options),
      conformIdTokenClaims: false,
      pkce: { required: () => true },
      features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true } },
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
    started = provider
    return provider.callback()
  })
  return {
    issuer,
    entry: { name, issuer, client_id: clientId, scopes },
    clientSecret,
    people,
    async logOut(subject, session) {
      const found = await started?.Client.find(clientId)
      await found?.backchannelLogout(subject, session)
    },
  }
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
