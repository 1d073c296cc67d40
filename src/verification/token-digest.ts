import { hash } from 'node:crypto'
import { maxTokenLength } from '../domain/limits.ts'

/**
 * The SHA-256 of a text that somebody presented, as base64url: what the cache finds it by. Undefined when
 * it is longer than any token.
 */
export function tokenDigest(text: string): string | undefined {
  return text.length > maxTokenLength ? undefined : hash('sha256', text, 'base64url')
}
