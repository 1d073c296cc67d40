import { uuidFromBytes, uuidToBytes } from '../uuid.ts'
import { decodeBase62, encodeBase62 } from './base62.ts'
import { computeTag, TAG_BYTES, TAG_WIDTH, type TaggedText, type TagKey } from './tag.ts'

const ID_BYTES = 16
const ID_WIDTH = 22
const SECRET_BYTES = 32
const SECRET_WIDTH = 43

const HINT = /^[a-z][a-z0-9]{0,15}_[0-9A-Za-z]{22}$/
/**
 * `\w` is base 62 and `_`, which is excluded afterwards: V8 looks `\w` up in a table, whereas the
 * branches of `[0-9A-Za-z]` are mispredicted on random text (0.14 us a token against 0.5 us).
 */
const TOKEN = /^[a-z][a-z0-9]{0,15}_\w{65}_\w{11}$/
const MAX_TOKEN_LENGTH = 16 + 1 + ID_WIDTH + SECRET_WIDTH + 1 + TAG_WIDTH

const MAX_ID = largest(ID_BYTES, ID_WIDTH)
const MAX_SECRET = largest(SECRET_BYTES, SECRET_WIDTH)
const MAX_TAG = largest(TAG_BYTES, TAG_WIDTH)

/**
 * The parts of a well-formed native token; none of them is verified yet.
 *
 * A part may share the memory of the whole text: code that keeps a part keeps the secret in
 * memory too.
 */
export interface Token extends TaggedText {
  readonly text: string
  readonly prefix: string
  /** The key's UUID, as 22 base 62 characters. */
  readonly keyIdText: string
  /** 43 base 62 characters: the text that Argon2 hashes. */
  readonly secret: string
  /** The public part, safe to log: everything up to the end of the key id. */
  readonly hint: string
}

/**
 * Parses a native token: `<prefix>_<key id: 22><secret: 43>_<tag: 11>`, numbers in base 62. Each
 * number has exactly one text, so that no two texts are the same token. Undefined for any other
 * string, whatever its content and length.
 */
export function parseToken(text: string): Token | undefined {
  if (text.length > MAX_TOKEN_LENGTH || !TOKEN.test(text)) return undefined
  const tagStart = text.length - TAG_WIDTH
  const secretStart = tagStart - 1 - SECRET_WIDTH
  const idStart = secretStart - ID_WIDTH
  if (text.indexOf('_', idStart) !== tagStart - 1) return undefined
  if (text.indexOf('_', tagStart) !== -1) return undefined
  const keyIdText = text.slice(idStart, secretStart)
  const secret = text.slice(secretStart, tagStart - 1)
  const tag = text.slice(tagStart)
  if (keyIdText > MAX_ID || secret > MAX_SECRET || tag > MAX_TAG) return undefined
  return {
    text,
    prefix: text.slice(0, idStart - 1),
    keyIdText,
    secret,
    tag,
    signed: text.slice(0, tagStart - 1),
    hint: text.slice(0, secretStart),
  }
}

/**
 * Formats the token of a key (`keyId`: its UUID) and a secret of 32 random bytes.
 *
 * @throws RangeError when a part has another size, or the prefix is not `[a-z][a-z0-9]{0,15}`.
 */
export function formatToken(parts: {
  readonly prefix: string
  readonly keyId: string
  readonly secret: Uint8Array
  readonly tagKey: TagKey
}): Token {
  if (parts.secret.length !== SECRET_BYTES) throw new RangeError('a secret is 32 bytes')
  const signed = hintOf(parts.prefix, parts.keyId) + encodeBase62(parts.secret, SECRET_WIDTH)
  const token = parseToken(`${signed}_${computeTag(signed, parts.tagKey)}`)
  if (token === undefined) throw new RangeError('a prefix is [a-z][a-z0-9]{0,15}')
  return token
}

/**
 * The UUID of the key that a token names.
 *
 * @throws RangeError when `parseToken` did not make the token.
 */
export function keyIdOf(token: Token): string {
  const keyId = parseHint(token.hint)
  if (keyId === undefined) throw new RangeError('not a parsed token')
  return keyId
}

/** The UUID of the key that a hint names; undefined when the text is not a hint. */
export function parseHint(text: string): string | undefined {
  if (!HINT.test(text)) return undefined
  const bytes = decodeBase62(text.slice(-ID_WIDTH), ID_BYTES)
  return bytes && uuidFromBytes(bytes)
}

/** The hint of a key's tokens: the name of the key for people and logs. */
export function hintOf(prefix: string, keyId: string): string {
  return `${prefix}_${encodeBase62(uuidToBytes(keyId), ID_WIDTH)}`
}

function largest(byteLength: number, width: number): string {
  return encodeBase62(new Uint8Array(byteLength).fill(0xff), width)
}
