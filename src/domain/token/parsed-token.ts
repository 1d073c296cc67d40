import { maxTokenLength } from '../limits.ts'
import { looksLikeJwt, openJwtForm } from './jwt-form.ts'
import type { TagKey } from './tag.ts'
import { parseToken, type Token } from './token.ts'

/** What a caller presented: a token of either form, not verified yet, or why it cannot be one. */
export type ParsedToken =
  | { readonly kind: 'token'; readonly token: Token }
  | { readonly kind: 'denied'; readonly reason: 'malformed' | 'not_found' }

const MALFORMED: ParsedToken = { kind: 'denied', reason: 'malformed' }
const NOT_FOUND: ParsedToken = { kind: 'denied', reason: 'not_found' }

/**
 * Reads whatever a caller presents as a token; total over all strings. The tag of a native token is
 * not checked here: the cache is asked first, and has no need of it.
 */
export function parsePresentedToken(text: string, ring: readonly TagKey[]): ParsedToken {
  if (text.length > maxTokenLength) return MALFORMED
  const token = parseToken(text)
  if (token !== undefined) return { kind: 'token', token }
  if (!looksLikeJwt(text)) return MALFORMED
  const inner = openJwtForm(text, ring)
  if (inner === undefined) return NOT_FOUND
  return parseNative(inner)
}

function parseNative(text: string): ParsedToken {
  const token = parseToken(text)
  return token === undefined ? MALFORMED : { kind: 'token', token }
}
