import { hash } from 'node:crypto'
import { maxTokenLength } from '../domain/limits.ts'

/**
 * The SHA-256 of a presented text, as base64url: the key of the cache. Undefined when the text is
 * longer than any token.
 */
export function tokenDigest(text: string): string | undefined {
  return text.length > maxTokenLength ? undefined : hash('sha256', text, 'base64url')
}
