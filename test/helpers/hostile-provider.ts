import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Test } from 'tap'
import { consoleOrigin } from './browser.ts'
import { listen } from './listen.ts'

type Json = Readonly<Record<string, unknown>>

/** What a provider answers otherwise than it should; absent members are as they should be. */
export interface Misdeed {
  readonly metadata?: (metadata: Json) => Json
  readonly claims?: (claims: Json) => Json
  readonly header?: Json
  /** Signs `header.payload` in the place of the key of the provider. */
  readonly signature?: (text: string, keys: Keys) => string
  readonly jwks?: (keys: readonly Json[]) => unknown
  /** Answers a request by itself; false: the provider answers. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => boolean
}

export interface Keys {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly stranger: KeyObject
}

export interface HostileProvider {
  readonly issuer: string
  readonly entry: { readonly name: string; readonly issuer: string; readonly client_id: string }
  readonly clientSecret: string
  /** What it does from now on. */
  misdeed: Misdeed
  /** The nonce that its next ID token has. */
  nonce: string
  /** How often each path was asked for. */
  readonly asked: Map<string, number>
}

/** A provider whose every answer a test can spoil. It asks nobody for anything. */
export async function startHostileProvider(t: Test): Promise<HostileProvider> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { privateKey: stranger } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'ES256' }
  const provider = {
    clientSecret: 'a secret that the provider knows too',
    misdeed: {} as Misdeed,
    nonce: '',
    asked: new Map<string, number>(),
  }
  const clientId = 'aeon-keys'
  const issuer = await listen(t, (origin) => (request, response) => {
    const { pathname } = new URL(request.url ?? '/', origin)
    provider.asked.set(pathname, (provider.asked.get(pathname) ?? 0) + 1)
    const { misdeed } = provider
    if (misdeed.answer?.(request, response) === true) return
    const send = (body: unknown) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    switch (pathname) {
      case '/.well-known/openid-configuration':
        return send((misdeed.metadata ?? same)(metadataOf(origin)))
      case '/jwks':
        return send((misdeed.jwks ?? ((keys) => ({ keys })))([jwk]))
      case '/token': {
        const claims = claimsOf(origin, clientId, provider.nonce)
        const token = tokenOf(misdeed, (misdeed.claims ?? same)(claims), {
          privateKey,
          publicKey,
          stranger,
        })
        return send({ access_token: 'opaque', token_type: 'Bearer', id_token: token })
      }
      default:
        response.writeHead(404)
        response.end()
    }
  })
  return Object.assign(provider, {
    issuer,
    entry: { name: 'corp', issuer, client_id: clientId },
  })
}

/** The answer of the provider to a sign-in that a browser has begun. */
export function answerOf(provider: HostileProvider, url: string): URL {
  const asked = new URL(url).searchParams
  provider.nonce = asked.get('nonce') ?? ''
  const back = new URL(`${consoleOrigin}/v1/session/callback/corp`)
  back.searchParams.set('code', 'a-code')
  back.searchParams.set('state', asked.get('state') ?? '')
  return back
}

export function metadataOf(issuer: string): Json {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256', 'HS256', 'none'],
  }
}

function claimsOf(issuer: string, audience: string, nonce: string): Json {
  const now = Math.floor(Date.now() / 1000)
  return {
    iss: issuer,
    aud: audience,
    sub: 'mallory',
    nonce,
    iat: now,
    exp: now + 300,
    groups: ['admins'],
  }
}

function tokenOf({ header, signature }: Misdeed, claims: Json, keys: Keys): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${encode({ alg: 'ES256', kid: 'k1', ...header })}.${encode(claims)}`
  return `${text}.${(signature ?? signES256)(text, keys)}`
}

export function signES256(text: string, { privateKey }: Pick<Keys, 'privateKey'>): string {
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  return sign('sha256', Buffer.from(text), key).toString('base64url')
}

export function signHS256(text: string, secret: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url')
}

function same(value: Json): Json {
  return value
}
