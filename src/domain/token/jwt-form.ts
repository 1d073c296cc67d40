import { createHmac, timingSafeEqual } from 'node:crypto'
import type { TagKey } from './tag.ts'
import { keyIdOf, type Token } from './token.ts'

/**
 * `{"alg":"HS256","typ":"JWT"}`: the only header written and, byte for byte, the only one accepted.
 */
const HEADER = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9'

/** Clients that insist on a JWT also insist on `exp`: a key that never expires shows this time. */
const NEVER = new Date('2099-12-31T00:00:00Z')

interface Claims {
  readonly jti: string
  readonly iat: number
  readonly exp: number
  readonly tok: string
}

/**
 * Three base64url parts. The last may be empty, as it is in an unsecured JWT (RFC 7519, section
 * 6.1).
 */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/

/**
 * Wraps a token into a JWT (RFC 7519, HS256) for clients that insist on one. The claims are for
 * display: `iat` and `exp` in seconds, `jti` the key's UUID. `tok` holds the token; only the token
 * and the record of its key decide a verdict.
 */
export function sealJwtForm(parts: {
  readonly token: Token
  readonly issuedAt: Date
  readonly expiresAt: Date | null
  readonly tagKey: TagKey
}): string {
  const claims: Claims = {
    jti: keyIdOf(parts.token),
    iat: toSeconds(parts.issuedAt),
    exp: toSeconds(parts.expiresAt ?? NEVER),
    tok: parts.token.text,
  }
  const signed = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  return `${signed}.${sign(signed, parts.tagKey)}`
}

/**
 * The token inside a JWT that a key of the tag keyring signed; undefined for anything else. The
 * header is never interpreted, so that the sender cannot choose an `alg` (RFC 8725, section 3.1).
 * The signature is compared as text, so that one token has one spelling: a base64url decoder
 * ignores the spare bits of the last character.
 */
export function openJwtForm(text: string, keyring: readonly TagKey[]): string | undefined {
  if (!looksLikeJwt(text)) return undefined
  const signed = text.slice(0, text.lastIndexOf('.'))
  const [header, payload = ''] = signed.split('.')
  if (header !== HEADER) return undefined
  const presented = Buffer.from(text.slice(signed.length + 1))
  if (!keyring.some((key) => equals(presented, Buffer.from(sign(signed, key))))) return undefined
  return parseTokenClaim(payload)
}

/** Whether a text has the shape of a JWT in compact form. A native token never has. */
export function looksLikeJwt(text: string): boolean {
  return JWT.test(text)
}

/**
 * Whether a text has the shape of a JWT that this service did not make. Only the header tells, byte
 * for byte: a JWT with the header of ours is ours or a forgery, and no issuer is ever asked of it.
 */
export function isForeignJwt(text: string): boolean {
  return looksLikeJwt(text) && !text.startsWith(`${HEADER}.`)
}

function toSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1000)
}

function sign(signed: string, key: TagKey): string {
  return createHmac('sha256', key.jwtSubKey).update(signed).digest('base64url')
}

function equals(presented: Buffer, expected: Buffer): boolean {
  return presented.length === expected.length && timingSafeEqual(presented, expected)
}

/** The signature is verified, so that the payload is one that `sealJwtForm` wrote. */
function parseTokenClaim(payload: string): string {
  const claims: Claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  return claims.tok
}
