import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { decodeBase62, encodeBase62 } from './base62.ts'
import { HmacKey } from './hmac-key.ts'
import type { Token } from './token.ts'

export const TAG_BYTES = 8
export const TAG_WIDTH = 11

/**
 * One key of the ring that all instances share, as its two sub-keys. They are key objects because
 * those print and serialize as nothing.
 */
export interface TagKey {
  readonly id: string
  readonly tagSubKey: HmacKey
  readonly jwtSubKey: KeyObject
}

/** Derives the sub-keys, one a purpose, so that a tag can never serve as a JWT's signature. */
export function deriveTagKey(id: string, key: Uint8Array): TagKey {
  return {
    id,
    tagSubKey: new HmacKey(deriveSubKey(key, 'aeon-keys/tag/1')),
    jwtSubKey: createSecretKey(deriveSubKey(key, 'aeon-keys/jwt/1')),
  }
}

/** The tag of a token's signed part: the first 64 bits of its HMAC-SHA-256, as 11 base 62 characters. */
export function computeTag(signed: string, key: TagKey): string {
  return encodeBase62(key.tagSubKey.digest(signed).subarray(0, TAG_BYTES), TAG_WIDTH)
}

/**
 * The key of the ring that made this token's tag; undefined when none did, which is a forgery and
 * costs neither a query nor an Argon2 hash. A match is not yet a verdict: the hash is the authority.
 */
export function findTagKey(token: Token, ring: readonly TagKey[]): TagKey | undefined {
  // Every text of a tag is one number: bytes are compared, since reading them takes half of writing them.
  const presented = decodeBase62(token.tag, TAG_BYTES)
  if (presented === undefined) return undefined
  return ring.find((key) => key.tagSubKey.signs(token.signed, presented))
}

function deriveSubKey(key: Uint8Array, purpose: string): Buffer {
  return createHmac('sha256', key).update(purpose).digest()
}
