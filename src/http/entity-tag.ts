import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { changedSince, invalidRequest, ServiceError } from '../errors.ts'
import type { Versioned } from './versions.ts'

/** RFC 9110, section 8.8.3. */
const entityTag = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/
/** Empty elements are ignored (RFC 9110, section 5.6.1.2). */
const ifMatch = new RegExp(
  `^[ \\t,]*${entityTag.source}(?:[ \\t]*,[ \\t,]*${entityTag.source})*[ \\t,]*$`,
)

/**
 * The strong entity tag of an answer with one account, key, role or allow list: its version, and a
 * digest of everything that the answer says (docs/decisions/0025-two-parts-of-an-etag.md).
 */
export function entityTagOf<T>({ versionOf }: Versioned<T>, value: T, body: unknown): string {
  const digest = hash('sha256', JSON.stringify(body), 'base64url').slice(0, 16)
  return `"${versionOf(value)}-${digest}"`
}

/**
 * A predicate: whether a value is at the version of an entity tag of the If-Match header (RFC 9110,
 * section 13.1.1). The comparison is strong: a weak tag matches nothing. Throws
 * `precondition_required` if the header is required and missing, and `invalid_request`.
 */
export function parseIfMatch<T>(
  { name, isRequired, versionOf }: Versioned<T>,
  header: string | undefined,
): (value: T) => boolean {
  if (header === undefined) {
    if (isRequired) throw missing(name)
    return () => true
  }
  if (header.trim() === '*') return () => true
  if (!ifMatch.test(header)) {
    const message = `The header must be the ETag of the last read of the ${name}, with its double quotes, or *.`
    throw invalidRequest([{ in: 'header', field: '/if-match', rule: 'entity_tag', message }])
  }
  const tags: readonly string[] = header.match(new RegExp(entityTag, 'g')) ?? []
  const versions = tags.filter((tag) => tag.startsWith('"')).map(versionIn)
  return (value) => {
    if (versions.length === 0) throw onlyWeak()
    return versions.includes(versionOf(value))
  }
}

/**
 * A predicate: whether a change may go on by both headers (RFC 9110, section 13.2.2). Throws as
 * `parseIfMatch` does; the predicate throws `precondition_failed` if If-None-Match names the value.
 */
export function parsePreconditions<T>(
  versioned: Versioned<T>,
  headers: IncomingHttpHeaders,
): (value: T) => boolean {
  const { name, versionOf } = versioned
  const isExpected = parseIfMatch(versioned, headers['if-match'])
  const known = headers['if-none-match']
  if (known === undefined) return isExpected
  return (value) => {
    const versions = (known.match(new RegExp(entityTag, 'g')) ?? []).map(versionIn)
    if (known.trim() !== '*' && !versions.includes(versionOf(value))) return isExpected(value)
    throw new ServiceError(
      'precondition_failed',
      `If-None-Match names the ${name} as it is. Leave the header out.`,
    )
  }
}

function versionIn(tag: string): string {
  return tag.replace(/^W\//, '').slice(1, -1).replace(/-.*/, '')
}

function missing(name: string): ServiceError {
  return new ServiceError(
    'precondition_required',
    `The If-Match header is missing. Send the ETag of the last read of the ${name}.`,
    [
      {
        in: 'header',
        field: '/if-match',
        rule: 'required',
        message: `The header is required: write the ETag of the last read of the ${name}, or *.`,
      },
    ],
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
 * Gives an answer with one account, key, role or allow list its entity tag; `answerConditionally`
 * compares it with If-None-Match. Throws `precondition_failed` if there is an If-Match that names
 * another version (RFC 9110, section 13.2.2).
 */
export function answerOfVersion<T, Body>(
  versioned: Versioned<T>,
  request: FastifyRequest,
  reply: FastifyReply,
  value: T,
  body: Body,
): Body {
  const { 'if-match': expected } = request.headers
  if (expected !== undefined && !parseIfMatch(versioned, expected)(value)) {
    throw changedSince(versioned.name)
  }
  reply.header('etag', entityTagOf(versioned, value, body))
  return body
}
