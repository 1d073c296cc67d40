import { maxTokenLength } from '../limits.ts'
import { looksLikeJwt, openJwtForm } from './jwt-form.ts'
import type { TagKey } from './tag.ts'
import { parseToken, type Token } from './token.ts'

/** A presented token of either form, not verified yet; or why the text cannot be a token. */
export type ParsedToken =
  | { readonly kind: 'token'; readonly token: Token }
  | { readonly kind: 'denied'; readonly reason: 'malformed' | 'not_found' }

const MALFORMED: ParsedToken = { kind: 'denied', reason: 'malformed' }
const NOT_FOUND: ParsedToken = { kind: 'denied', reason: 'not_found' }

/**
 * Parses any text that a caller presents; total over all strings. The function does not check the
 * MAC tag of a native token: the cache is asked first, and a cache hit needs no tag.
 */
export function parsePresentedToken(text: string, keyring: readonly TagKey[]): ParsedToken {
  if (text.length > maxTokenLength) return MALFORMED
  const token = parseToken(text)
  if (token !== undefined) return { kind: 'token', token }
  if (!looksLikeJwt(text)) return MALFORMED
  const inner = openJwtForm(text, keyring)
  if (inner === undefined) return NOT_FOUND
  return parseNative(inner)
}

function parseNative(text: string): ParsedToken {
  const token = parseToken(text)
  return token === undefined ? MALFORMED : { kind: 'token', token }
}
