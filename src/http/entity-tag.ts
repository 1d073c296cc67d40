import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ApiKey } from '../domain/key/api-key.ts'
import { invalidRequest, ServiceError } from '../errors.ts'

/** RFC 9110, section 8.8.3. */
const entityTag = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/
/** Empty elements are ignored (RFC 9110, section 5.6.1.2). */
const ifMatch = new RegExp(
  `^[ \\t,]*${entityTag.source}(?:[ \\t]*,[ \\t,]*${entityTag.source})*[ \\t,]*$`,
)

/**
 * The strong entity tag of an answer with one key: the last change of the key, and a digest of
 * everything that the answer says (docs/decisions/0025-two-parts-of-an-etag.md).
 */
export function entityTagOf(key: Pick<ApiKey, 'lastChange'>, body: unknown): string {
  const digest = hash('sha256', JSON.stringify(body), 'base64url').slice(0, 16)
  return `"${versionOf(key)}-${digest}"`
}

/** After a restore, a revision may name another change, which has another id. */
function versionOf({ lastChange }: Pick<ApiKey, 'lastChange'>): string {
  return lastChange === null ? '0' : `${lastChange.revision}.${lastChange.id.slice(0, 8)}`
}

/**
 * A predicate: whether a key is at the version of an entity tag of the If-Match header (RFC 9110,
 * section 13.1.1). The comparison is strong: a weak tag matches nothing. Throws
 * `precondition_required` if the header is missing, and `invalid_request`.
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
      'The header must be the ETag of the last read of the key, with its double quotes, or *.'
    throw invalidRequest([{ in: 'header', field: '/if-match', rule: 'entity_tag', message }])
  }
  const tags: readonly string[] = header.match(new RegExp(entityTag, 'g')) ?? []
  const versions = tags.filter((tag) => tag.startsWith('"')).map(versionIn)
  return (key) => {
    if (versions.length === 0) throw onlyWeak()
    return versions.includes(versionOf(key))
  }
}

/**
 * A predicate: whether an update may go on by both headers (RFC 9110, section 13.2.2). Throws as
 * `parseIfMatch` does; the predicate throws `precondition_failed` if If-None-Match names the key.
 */
export function parsePreconditions(headers: IncomingHttpHeaders): (key: ApiKey) => boolean {
  const isExpected = parseIfMatch(headers['if-match'])
  const known = headers['if-none-match']
  if (known === undefined) return isExpected
  return (key) => {
    const versions = (known.match(new RegExp(entityTag, 'g')) ?? []).map(versionIn)
    if (known.trim() !== '*' && !versions.includes(versionOf(key))) return isExpected(key)
    throw new ServiceError(
      'precondition_failed',
      'If-None-Match names the key as it is. Leave the header out.',
    )
  }
}

function versionIn(tag: string): string {
  return tag.replace(/^W\//, '').slice(1, -1).replace(/-.*/, '')
}

function changedSince(): ServiceError {
  return new ServiceError(
    'precondition_failed',
    'The key has changed since the ETag in If-Match was read.',
  )
}

/** A proxy that compresses answers makes their tags weak. */
function onlyWeak(): ServiceError {
  const message = 'A weak entity tag never matches: send the ETag without W/.'
  return new ServiceError('precondition_failed', message, [
    { in: 'header', field: '/if-match', rule: 'weak', message },
  ])
}

/**
 * Gives an answer with one key the entity tag of the key; `answerConditionally` compares it with
 * If-None-Match. Throws `precondition_failed` if there is an If-Match that names another version
 * (RFC 9110, section 13.2.2).
 */
export function answerOfVersion<T>(
  request: FastifyRequest,
  reply: FastifyReply,
  key: ApiKey,
  body: T,
): T {
  const { 'if-match': expected } = request.headers
  if (expected !== undefined && !parseIfMatch(expected)(key)) throw changedSince()
  reply.header('etag', entityTagOf(key, body))
  return body
}
