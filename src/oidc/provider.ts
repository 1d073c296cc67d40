import type { ClientAuth, Configuration } from 'openid-client'
import { createBoundedFetch } from './bounded-fetch.ts'
import { parseClaims, type VerifiedPerson } from './claims.ts'
import { ProviderUnavailable, SignInRefused } from './errors.ts'
import { readDocument } from './json-document.ts'
import { isAsymmetric, parseKeys } from './key-set.ts'
import { requireMetadata } from './metadata.ts'
import { isLoopback } from './parse-oidc-file.ts'
import type { ProviderSettings } from './provider-settings.ts'
import { messageOf, toSignInFailure } from './sign-in-failure.ts'
import { requireTokens } from './token-answer.ts'

/** What a browser remembers of a sign-in, and nobody else knows. */
export interface SignInSecrets {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}

/** A sign-in that begins: where the provider sends the browser back, and what it is to prove. */
export interface SignInStart extends SignInSecrets {
  readonly redirectUri: string
  /** Whether the provider must ask for a proof of identity, however lately it did. */
  readonly isConfirmation: boolean
}

/** The answer of the provider, by way of the browser. */
export interface SignInAnswer extends SignInStart {
  /** The parameters of the callback that the protocol knows. */
  readonly parameters: URLSearchParams
}

const requestSeconds = 5
/** Metadata changes with a migration of the provider. */
const knownForMs = 60 * 60 * 1000
/** A provider that is away is not asked by every visitor. */
const awayForMs = 5_000
/** How long a person may take to prove an identity again. */
const confirmedWithinSeconds = 300

/**
 * A client of one provider of OpenID Connect: the authorization code flow with PKCE (OpenID Connect
 * Core 1.0, section 3.1; RFC 7636). The library is loaded at the first sign-in: a service that
 * nobody signs in to does not pay for it.
 */
export class Provider {
  readonly settings: ProviderSettings
  readonly #monotonicMs: () => number
  /** Where its endpoints may be. */
  readonly #origins: ReadonlySet<string>
  #known: { readonly configuration: Promise<Configuration>; readonly untilMs: number } | undefined

  constructor(settings: ProviderSettings, monotonicMs: () => number = () => performance.now()) {
    this.settings = settings
    this.#monotonicMs = monotonicMs
    this.#origins = new Set([new URL(settings.issuer).origin, ...settings.origins])
  }

  /**
   * Where the browser is to go: a page that is at an origin of the provider, since people give a
   * password there. Throws ProviderUnavailable.
   */
  async start(start: SignInStart): Promise<URL> {
    const { buildAuthorizationUrl, calculatePKCECodeChallenge } = await import('openid-client')
    const configuration = await this.#configuration()
    if (!this.#isOwn(configuration.serverMetadata().authorization_endpoint)) {
      throw new ProviderUnavailable(
        'The metadata of the provider names no page to sign in, or one at an origin that is neither that of the issuer nor in origins of OIDC_FILE.',
      )
    }
    return buildAuthorizationUrl(configuration, {
      redirect_uri: start.redirectUri,
      scope: this.settings.scopes.join(' '),
      state: start.state,
      nonce: start.nonce,
      code_challenge: await calculatePKCECodeChallenge(start.codeVerifier),
      code_challenge_method: 'S256',
      ...(start.isConfirmation && { prompt: 'login', max_age: '0' }),
    })
  }

  /**
   * Exchanges the code, and verifies the ID token: its signature by a key of the provider, its
   * issuer, audience, nonce and times. The answer must name the issuer where the provider says that
   * it does (RFC 9207). The keys are asked for each time, once the provider has exchanged the code:
   * it may sign by one that it published a moment ago. Throws ProviderUnavailable or SignInRefused.
   */
  async finish(answer: SignInAnswer): Promise<VerifiedPerson> {
    const { authorizationCodeGrant } = await import('openid-client')
    const configuration = await this.#withoutKeys(await this.#configuration())
    const url = new URL(answer.redirectUri)
    url.search = answer.parameters.toString()
    const tokens = await authorizationCodeGrant(configuration, url, {
      pkceCodeVerifier: answer.codeVerifier,
      expectedState: answer.state,
      expectedNonce: answer.nonce,
      idTokenExpected: true,
      ...(answer.isConfirmation && { maxAge: confirmedWithinSeconds }),
    }).catch((error: unknown) => {
      throw toSignInFailure(error)
    })
    requireAsymmetric(tokens.id_token)
    const claims = tokens.claims() ?? {}
    requireParty(claims, this.settings.clientId)
    return parseClaims(this.settings, claims)
  }

  /**
   * Where a browser logs out of the provider (OpenID Connect RP-Initiated Logout 1.0, section 2),
   * to come back to a URI that is registered there. Undefined: the provider has no such page, or
   * has it at an origin that is not its own. Throws ProviderUnavailable.
   */
  async logout(returnUri: string): Promise<URL | undefined> {
    const { buildEndSessionUrl } = await import('openid-client')
    const configuration = await this.#configuration()
    if (!this.#isOwn(configuration.serverMetadata().end_session_endpoint)) return undefined
    return buildEndSessionUrl(configuration, { post_logout_redirect_uri: returnUri })
  }

  /** Whether an endpoint to which a browser is led is at an origin where it may be. */
  #isOwn(endpoint: string | undefined): boolean {
    const origin = URL.parse(endpoint ?? '')?.origin
    return origin !== undefined && this.#origins.has(origin)
  }

  #configuration(): Promise<Configuration> {
    const now = this.#monotonicMs()
    if (this.#known !== undefined && now < this.#known.untilMs) return this.#known.configuration
    const configuration = this.#discover()
    const known = { configuration, untilMs: now + knownForMs }
    this.#known = known
    configuration.catch(() => {
      if (this.#known === known) {
        this.#known = { configuration, untilMs: this.#monotonicMs() + awayForMs }
      }
    })
    return configuration
  }

  /** The library keeps the keys with a configuration, and asks again after a minute at most. */
  async #withoutKeys(known: Configuration): Promise<Configuration> {
    const library = await import('openid-client')
    const { clientId, clientSecret } = this.settings
    const authentication = await clientAuthenticationOf(clientSecret)
    const metadata = known.serverMetadata()
    const fresh = new library.Configuration(metadata, clientId, undefined, authentication)
    fresh.timeout = requestSeconds
    const checkedFetch = known[library.customFetch]
    if (checkedFetch !== undefined) fresh[library.customFetch] = checkedFetch
    for (const extend of await this.#extensions()) extend(fresh)
    return fresh
  }

  /** Keys must sign the ID token, and TLS is for hosts that are not our own. */
  async #extensions(): Promise<((configuration: Configuration) => void)[]> {
    const { allowInsecureRequests, enableNonRepudiationChecks } = await import('openid-client')
    const { hostname, protocol } = new URL(this.settings.issuer)
    const isLocal = protocol === 'http:' && isLoopback(hostname)
    return [enableNonRepudiationChecks, ...(isLocal ? [allowInsecureRequests] : [])]
  }

  async #discover(): Promise<Configuration> {
    const { customFetch, discovery } = await import('openid-client')
    const { issuer, clientId, clientSecret } = this.settings
    const boundedFetch = createBoundedFetch(this.#origins)
    // The library takes a fault of the keys for one of the ID token, and a page for a refusal.
    const checks = new Map<string, (response: Response) => Promise<Response>>()
    const checkedFetch: typeof boundedFetch = async (address, options) => {
      const response = await boundedFetch(address, options)
      return checks.get(address)?.(response) ?? response
    }
    const configuration = await discovery(
      new URL(issuer),
      clientId,
      undefined,
      await clientAuthenticationOf(clientSecret),
      {
        [customFetch]: checkedFetch,
        timeout: requestSeconds,
        execute: await this.#extensions(),
      },
    ).catch((error: unknown) => {
      throw new ProviderUnavailable(messageOf(error))
    })
    const metadata = configuration.serverMetadata()
    requireMetadata(metadata, issuer)
    checks.set(new URL(String(metadata.token_endpoint)).href, requireTokens)
    checks.set(new URL(String(metadata.jwks_uri)).href, withKeys)
    return configuration
  }
}

/** An answer that is a JWK Set, each member of the type that it must have. */
async function withKeys(response: Response): Promise<Response> {
  const { headers } = response
  const document = await readDocument(response)
  parseKeys(document)
  return new Response(JSON.stringify(document), { headers })
}

/**
 * OpenID Connect Core 1.0, section 9: HTTP Basic is the default, and the body for a provider that
 * does not take it.
 */
async function clientAuthenticationOf(secret: string | undefined): Promise<ClientAuth> {
  const { ClientSecretBasic, ClientSecretPost, None } = await import('openid-client')
  if (secret === undefined) return None()
  const [basic, post] = [ClientSecretBasic(secret), ClientSecretPost(secret)]
  return (server, ...request) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const authenticate = methods.includes('client_secret_basic') ? basic : post
    return authenticate(server, ...request)
  }
}

/** A MAC under the client's secret, or no signature, proves nothing of the provider. */
function requireAsymmetric(idToken: string | undefined): void {
  const [header = ''] = idToken?.split('.') ?? []
  const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString())
  if (isAsymmetric(alg)) return
  throw new SignInRefused('The ID token has no signature by an asymmetric key.')
}

/** OpenID Connect Core 1.0, section 3.1.3.7, step 5: the client to which the token was issued. */
function requireParty({ azp }: Readonly<Record<string, unknown>>, clientId: string): void {
  if (azp === undefined || azp === clientId) return
  throw new SignInRefused('The claim azp must be the client id.')
}
