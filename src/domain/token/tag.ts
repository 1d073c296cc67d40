import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { decodeBase62, encodeBase62 } from './base62.ts'
import { HmacKey } from './hmac-key.ts'

export const TAG_BYTES = 8
export const TAG_WIDTH = 11

/**
 * One key of the tag keyring, as its two sub-keys. The sub-keys are objects that print and
 * serialize as nothing.
 */
export interface TagKey {
  readonly id: string
  readonly tagSubKey: HmacKey
  readonly jwtSubKey: KeyObject
  /** Of the secrets of the console: ../session/console-secret.ts. */
  readonly sessionSubKey: HmacKey
  readonly signInSubKey: HmacKey
}

/** The parts of a token that its tag is checked by. */
export interface TaggedText {
  /** The part that the tag signs: everything before the last `_`. */
  readonly signed: string
  /** 11 base 62 characters. */
  readonly tag: string
}

/** Derives one sub-key for each purpose, so that a tag can never serve as a JWT's signature. */
export function deriveTagKey(id: string, key: Uint8Array): TagKey {
  return {
    id,
    tagSubKey: new HmacKey(deriveSubKey(key, 'aeon-keys/tag/1')),
    jwtSubKey: createSecretKey(deriveSubKey(key, 'aeon-keys/jwt/1')),
    sessionSubKey: new HmacKey(deriveSubKey(key, 'aeon-keys/session/1')),
    signInSubKey: new HmacKey(deriveSubKey(key, 'aeon-keys/sign-in/1')),
  }
}

/**
 * The MAC tag of a token's signed part: the first 64 bits of an HMAC-SHA-256, as 11 base 62
 * characters.
 */
export function computeTag(signed: string, key: TagKey): string {
  return encodeBase62(key.tagSubKey.digest(signed).subarray(0, TAG_BYTES), TAG_WIDTH)
}

/**
 * The key of the keyring that made a token's tag. Undefined when no key did: the token is a
 * forgery, and costs neither a query nor an Argon2 hash. A match is not a verdict yet: the stored
 * hash decides.
 */
export function findTagKey(token: TaggedText, keyring: readonly TagKey[]): TagKey | undefined {
  // Each text of a tag is one number, so that bytes can be compared: decoding takes half the time
  // of encoding.
  const presented = decodeBase62(token.tag, TAG_BYTES)
  if (presented === undefined) return undefined
  return keyring.find((key) => key.tagSubKey.signs(token.signed, presented))
}

function deriveSubKey(key: Uint8Array, purpose: string): Buffer {
  return createHmac('sha256', key).update(purpose).digest()
}
