import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { IdempotentRequest } from '../../acts/idempotency.ts'
import { canonicalJson } from '../../domain/canonical-json.ts'
import { isRecord } from '../../domain/is-record.ts'
import { idempotencyHours, maxIdempotencyKeyLength } from '../../domain/limits.ts'
import { isUuid } from '../../domain/uuid.ts'
import { invalidRequest } from '../../errors.ts'
import { countHeader } from '../header-lines.ts'

/** The headers of an operation whose requests a client may repeat. */
export const idempotencyHeaders = (answer: string) =>
  Type.Object({
    'idempotency-key': Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: maxIdempotencyKeyLength,
        description: `An equal request by the same principal within ${idempotencyHours} hours changes nothing: the response is 201 with ${answer}, and the header Idempotent-Replayed.`,
      }),
    ),
  })

/**
 * The Idempotency-Key of a request, with a digest of its body. The digest is of canonical JSON: the
 * order of members, white space and the case of ids make no difference. `body`: the body with the
 * values of absent fields, where they say the same. Throws `invalid_request`.
 */
export function parseIdempotencyKey(
  request: Pick<FastifyRequest, 'body' | 'raw'> & {
    readonly headers: { readonly 'idempotency-key'?: string | undefined }
  },
  body: unknown = request.body,
): IdempotentRequest | undefined {
  const idempotencyKey = request.headers['idempotency-key']
  if (idempotencyKey === undefined) return undefined
  // Node joins several lines by a comma, which would be a key that nobody sent.
  if (countHeader(request.raw.rawHeaders, 'idempotency-key') > 1) {
    const message = 'Idempotency-Key must be sent once.'
    throw invalidRequest([{ in: 'header', field: '/idempotency-key', rule: 'repeated', message }])
  }
  return { idempotencyKey, bodyDigest: hash('sha256', canonicalJson(withLowerIds(body))) }
}

/** The fields of bodies that hold ids, or, as `role`, may hold one. */
const idFields: ReadonlySet<string> = new Set(['id', 'project_id', 'role', 'allow_list_ids'])

/** Ids are equal in upper and in lower case (RFC 9562, section 4). */
function withLowerIds(body: unknown): unknown {
  if (!isRecord(body)) return body
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, idFields.has(name) ? lower(value) : value]),
  )
}

function lower(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lower)
  return typeof value === 'string' && isUuid(value) ? value.toLowerCase() : value
}

/** Marks the answer to a repeated request. */
export function setReplayHeader(reply: FastifyReply, isRepeat: boolean): void {
  if (isRepeat) reply.header('idempotent-replayed', 'true')
}
