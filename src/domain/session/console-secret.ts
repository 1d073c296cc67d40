import { decodeBase62, encodeBase62 } from '../token/base62.ts'
import type { HmacKey } from '../token/hmac-key.ts'
import { TAG_BYTES, TAG_WIDTH, type TagKey } from '../token/tag.ts'
import { uuidFromBytes, uuidToBytes } from '../uuid.ts'

const ID_BYTES = 16
const ID_WIDTH = 22
const SECRET_BYTES = 32
const SECRET_WIDTH = 43

/** The secrets of the console: each kind has a prefix of its own. */
const kinds = {
  session: { prefix: 'session_', subKeyOf: (key: TagKey): HmacKey => key.sessionSubKey },
  // The prefix is signed, so that one sub-key serves both kinds of sessions.
  user_session: { prefix: 'usession_', subKeyOf: (key: TagKey): HmacKey => key.sessionSubKey },
  sign_in: { prefix: 'signin_', subKeyOf: (key: TagKey): HmacKey => key.signInSubKey },
  invitation: { prefix: 'invitation_', subKeyOf: (key: TagKey): HmacKey => key.signInSubKey },
} as const

/**
 * `session`: the token in the cookie, of a key. `user_session`: the same, of a person.
 * `sign_in`: the secret of a sign-in link. `invitation`: that of the link of an invitation.
 */
export type ConsoleSecretKind = keyof typeof kinds

/** A well-formed secret of the console; its tag and its hash are not checked yet. */
export interface ConsoleSecret {
  readonly kind: ConsoleSecretKind
  readonly text: string
  /** The UUID of the session, the sign-in link or the invitation. */
  readonly id: string
  /** The part that the tag signs: everything before the dot. */
  readonly signed: string
  /** 11 base 62 characters. */
  readonly tag: string
}

/**
 * Parses `<prefix><id: 22><secret: 43>.<tag: 11>`, numbers in base 62. The dot makes it no token of
 * a key, and the underscore of a token makes that no secret of the console: neither is ever taken
 * for the other. Undefined for any other string, whatever its content and length.
 */
export function parseConsoleSecret(
  kind: ConsoleSecretKind,
  text: string,
): ConsoleSecret | undefined {
  const { prefix } = kinds[kind]
  const tagStart = prefix.length + ID_WIDTH + SECRET_WIDTH + 1
  if (text.length !== tagStart + TAG_WIDTH || !text.startsWith(prefix)) return undefined
  if (!/^[0-9A-Za-z]{65}\.[0-9A-Za-z]{11}$/.test(text.slice(prefix.length))) return undefined
  const idBytes = decodeBase62(text.slice(prefix.length, prefix.length + ID_WIDTH), ID_BYTES)
  if (idBytes === undefined) return undefined
  const signed = text.slice(0, tagStart - 1)
  return { kind, text, id: uuidFromBytes(idBytes), signed, tag: text.slice(tagStart) }
}

/** Whether a session token has the form of one of a person; it may be a forgery. */
export function isOfUser(token: string): boolean {
  return token.startsWith(kinds.user_session.prefix)
}

/**
 * Formats the secret of a session, a sign-in link or an invitation (`id`: its UUID) from 32 random
 * bytes.
 *
 * @throws RangeError when the secret has another size.
 */
export function formatConsoleSecret(
  kind: ConsoleSecretKind,
  parts: { readonly id: string; readonly secret: Uint8Array; readonly tagKey: TagKey },
): ConsoleSecret {
  if (parts.secret.length !== SECRET_BYTES) throw new RangeError('a secret is 32 bytes')
  const { prefix, subKeyOf } = kinds[kind]
  const id = encodeBase62(uuidToBytes(parts.id), ID_WIDTH)
  const signed = `${prefix}${id}${encodeBase62(parts.secret, SECRET_WIDTH)}`
  const digest = subKeyOf(parts.tagKey).digest(signed)
  const tag = encodeBase62(digest.subarray(0, TAG_BYTES), TAG_WIDTH)
  return { kind, text: `${signed}.${tag}`, id: parts.id, signed, tag }
}

/**
 * Whether a key of the keyring made the tag. If none did, the secret is a forgery and costs no
 * statement. A match is not a verdict yet: the stored hash decides.
 */
export function hasValidTag(secret: ConsoleSecret, keyring: readonly TagKey[]): boolean {
  const presented = decodeBase62(secret.tag, TAG_BYTES)
  if (presented === undefined) return false
  const { subKeyOf } = kinds[secret.kind]
  return keyring.some((key) => subKeyOf(key).signs(secret.signed, presented))
}
