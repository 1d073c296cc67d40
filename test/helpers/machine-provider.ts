import { generateKeyPairSync } from 'node:crypto'
import { Provider } from 'oidc-provider'
import type { Test } from 'tap'
import { audience } from './jwt-issuer.ts'
import { listen } from './listen.ts'

/** A real provider that gives machines JWTs for this service (RFC 9068, RFC 8707). */
export interface MachineProvider {
  readonly issuer: string
  /** The claims of every JWT that it signs from now on. */
  claims: Readonly<Record<string, unknown>>
  /** A new JWT, by the client credentials of the machine. */
  tokenOf(clientId: string): Promise<string>
}

/** Starts oidc-provider with machines of these client ids. */
export async function startMachineProvider(
  t: Test,
  clientIds: readonly string[],
): Promise<MachineProvider> {
  const secret = 'the-secret-of-a-machine-0123456789'
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'machines' }
  const server = {
    scope: 'keys',
    audience,
    accessTokenTTL: 600,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'RS256' } },
  }
  const state = { claims: {} as MachineProvider['claims'] }
  const issuer = await listen(t, (origin) =>
    new Provider(origin, {
      jwks: { keys: [key] },
      cookies: { keys: ['a key of the cookies of the provider'] },
      clients: clientIds.map((clientId) => ({
        client_id: clientId,
        client_secret: secret,
        redirect_uris: [],
        response_types: [],
        grant_types: ['client_credentials'],
      })),
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: { enabled: true, getResourceServerInfo: () => server },
      },
      extraTokenClaims: () => state.claims,
    }).callback(),
  )
  return Object.assign(state, {
    issuer,
    async tokenOf(clientId: string): Promise<string> {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience }),
      })
      const text = await response.text()
      if (response.status !== 200) throw new Error(`The provider answers: ${text}`)
      return JSON.parse(text).access_token
    },
  })
}
