import { parseHint } from '../../domain/token/token.ts'
import { isUuid } from '../../domain/uuid.ts'
import { notFound } from '../../errors.ts'

/** The key that a path names by its UUID or its hint. Any other text is `not_found`. */
export function requireKeyId(idOrHint: string): string {
  const id = parseKeyId(idOrHint)
  if (id === undefined) throw notFound('API key')
  return id
}

/** The id of the key, or undefined for any other text. */
export function parseKeyId(idOrHint: string): string | undefined {
  return isUuid(idOrHint) ? idOrHint.toLowerCase() : parseHint(idOrHint)
}
