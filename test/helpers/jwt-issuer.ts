import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { Test } from 'tap'
import { listen } from './listen.ts'

type Json = Readonly<Record<string, unknown>>

/** How a JWT differs from a good one; absent members are as they should be. */
export interface Mint {
  readonly claims?: Json
  readonly header?: Json
  readonly signature?: (text: string, key: KeyObject) => string
}

/** An issuer of JWTs whose keys and answers a test changes. */
export interface JwtIssuer {
  readonly issuer: string
  /** An entry of OIDC_FILE. */
  readonly entry: Json
  /** The status of all its answers; undefined: it answers as it should. */
  status: number | undefined
  /** What it answers in the place of its keys. */
  keys: unknown
  /** How often its keys were asked for. */
  asked: number
  /** Signs by a new key from now on, whose `kid` it publishes too. */
  rotate(): void
  mint(subject: string, differing?: Mint): string
}

export const audience = 'https://keys.example.com'

/** Starts an issuer. Its answers wait for nothing. */
export async function startJwtIssuer(t: Test, name = 'robots'): Promise<JwtIssuer> {
  const published: Json[] = []
  let signing: { kid: string; privateKey: KeyObject }
  const rotate = () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const kid = `${name}-${published.length + 1}`
    published.push({ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' })
    signing = { kid, privateKey }
  }
  rotate()
  const state = { status: undefined as number | undefined, keys: undefined as unknown, asked: 0 }
  const issuer = await listen(t, (origin) => ({ url }, response) => {
    if (url === '/keys') state.asked += 1
    const metadata = { issuer: origin, jwks_uri: `${origin}/keys` }
    const body = url === '/keys' ? (state.keys ?? { keys: published }) : metadata
    response.writeHead(state.status ?? 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  })
  return Object.assign(state, {
    issuer,
    entry: { name, issuer, client_id: `client-of-${name}`, audience, roles: [] },
    rotate,
    mint(subject: string, { claims, header, signature = signES256 }: Mint = {}): string {
      const now = Math.floor(Date.now() / 1000)
      const all = { iss: issuer, sub: subject, aud: audience, iat: now, exp: now + 600, ...claims }
      const head = { alg: 'ES256', kid: signing.kid, typ: 'at+jwt', ...header }
      const text = `${encode(head)}.${encode(all)}`
      return `${text}.${signature(text, signing.privateKey)}`
    },
  })
}

function encode(value: Json): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

export function signES256(text: string, key: KeyObject): string {
  return sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
}
