import * as crypto from 'node:crypto'
import { maxTokenLength } from '../limits.ts'

/** The SHA-256 of a token, in base64url: memory holds no token. */
export const digest: (token: string) => string =
  // Node.js before 20.12 has no function for it, which takes a third of the time.
  typeof crypto.hash === 'function'
    ? (token) => crypto.hash('sha256', token, 'base64url')
    : (token) => crypto.createHash('sha256').update(token).digest('base64url')

/**
 * The digest of any text that a caller presents, by which a cache finds the entry of a token.
 * Undefined: the text is longer than any token.
 */
export function tokenDigest(text: string): string | undefined {
  return text.length > maxTokenLength ? undefined : digest(text)
}
