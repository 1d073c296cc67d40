import type { ApiKey } from '../domain/key/api-key.ts'
import { invalidRequest, ServiceError } from '../errors.ts'

/** RFC 9110, section 8.8.3. */
const entityTag = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/
const ifMatch = new RegExp(`^${entityTag.source}(?:[ \\t]*,[ \\t]*${entityTag.source})*$`)

/**
 * The strong entity tag of a key: the last change of the key (docs/decisions/0006). After a
 * restore, a revision may name another change, which has another id.
 */
export function entityTagOf({ lastChange }: Pick<ApiKey, 'lastChange'>): string {
  return lastChange === null ? '"0"' : `"${lastChange.revision}.${lastChange.id.slice(0, 8)}"`
}

/**
 * A predicate: whether a key has an entity tag of the If-Match header (RFC 9110, section 13.1.1).
 * The comparison is strong: a weak tag matches nothing. Throws `precondition_required` if the
 * header is missing, and `invalid_request`.
 */
export function parseIfMatch(header: string | undefined): (key: ApiKey) => boolean {
  if (header === undefined) {
    throw new ServiceError(
      'precondition_required',
      'The If-Match header is missing. Send the ETag of the last read of the key.',
      [
        {
          in: 'header',
          field: '/if-match',
          rule: 'required',
          message: 'The header is required: write the ETag of the last read of the key, or *.',
        },
      ],
    )
  }
  if (header.trim() === '*') return () => true
  if (!ifMatch.test(header)) {
    const message =
      'If-Match must be * or entity tags in double quotes, separated by commas (RFC 9110).'
    throw invalidRequest([{ field: '/if-match', rule: 'entity_tag', message }])
  }
  const tags: readonly string[] = header.match(new RegExp(entityTag, 'g')) ?? []
  return (key) => tags.includes(entityTagOf(key))
}
