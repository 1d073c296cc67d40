import { maxTokenLength } from '../domain/limits.ts'
import { digest } from '../edge/digest.ts'

/** The digest of a presented text: the key of the cache. Undefined: it is longer than any token. */
export function tokenDigest(text: string): string | undefined {
  return text.length > maxTokenLength ? undefined : digest(text)
}
