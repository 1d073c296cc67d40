import { STATUS_CODES } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { maxFaultFieldLength, maxFaults } from '../domain/limits.ts'
import { redactTokens } from '../domain/token/redaction.ts'
import {
  BriefOutage,
  type ErrorCode,
  errorCodes,
  type Fault,
  faultPlaces,
  type ServiceError,
} from '../errors.ts'
import { refuseContentCoding } from './content-coding.ts'
import { ForeseenError } from './foreseen-error.ts'
import { RefusedToken } from './refused-token.ts'
import { openEnum, ref } from './schema-tools.ts'

/** The HTTP status of each error code. A foreseen error has its own status. */
const statusOfCode: Readonly<Record<ErrorCode, number>> = {
  malformed_body: 400,
  invalid_request: 400,
  unauthenticated: 401,
  permission_denied: 403,
  escalation: 403,
  confirmation_required: 403,
  origin_refused: 403,
  not_found: 404,
  method_not_allowed: 405,
  name_taken: 409,
  id_taken: 409,
  in_use: 409,
  built_in: 409,
  own_role: 403,
  mapped_role: 409,
  last_admin: 409,
  no_provider: 409,
  invitation_limit: 409,
  invitation_ended: 409,
  key_revoked: 409,
  key_expired: 409,
  rotation_in_progress: 409,
  generation_mismatch: 409,
  generation_used: 409,
  precondition_failed: 412,
  precondition_required: 428,
  idempotency_key_reused: 422,
  body_too_large: 413,
  unsupported_media_type: 415,
  headers_too_large: 431,
  request_timeout: 408,
  request_rejected: 400,
  not_implemented: 501,
  http_version_not_supported: 505,
  internal: 500,
  unavailable: 503,
  overloaded: 503,
  outcome_unknown: 503,
}

/** The HTTP status of an error, in every API. */
export function statusOf(error: ServiceError): number {
  return error instanceof ForeseenError ? error.status : statusOfCode[error.code]
}

export const problemType = 'application/problem+json; charset=utf-8'

/** Seconds that a client should wait after an outage (RFC 9110, section 10.2.3). */
export const retryAfterSeconds = 1

/** The same after this error, in every API. */
export function retryAfterOf(error: ServiceError): number {
  return error instanceof BriefOutage ? error.retryAfterSeconds : retryAfterSeconds
}

export const FaultBody = Type.Object(
  {
    in: openEnum(faultPlaces, 'Part of the request that has the fault.'),
    field: Type.String({
      description:
        'JSON pointer (RFC 6901) into the body; empty for the whole body. For a query parameter or a header: a slash and the name.',
      examples: ['/expires_at'],
    }),
    rule: Type.String({ description: 'Name of the rule that is broken.', examples: ['future'] }),
    message: Type.String({
      description: 'What to send instead, for people.',
      examples: ['The time must be in the future.'],
    }),
  },
  { $id: 'Fault', description: 'A part of a request that breaks a rule.' },
)

export const Problem = Type.Object(
  {
    type: Type.String({
      description: 'Always `about:blank`: `code` identifies the kind of problem.',
    }),
    title: Type.String({ description: 'Name of the HTTP status.' }),
    status: Type.Integer({ description: 'The HTTP status.' }),
    detail: Type.String({ description: 'What is wrong, for people.' }),
    code: openEnum(errorCodes, 'Kind of the problem, for programs.'),
    request_id: Type.String({ description: 'The `X-Request-Id` of the response.' }),
    errors: Type.Optional(
      Type.Array(ref(FaultBody), { description: 'The parts of the request that break a rule.' }),
    ),
  },
  { $id: 'Problem', description: 'An error (RFC 9457).' },
)

/** Sets the status and headers of a problem, and returns the body. */
export function writeProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  error: ServiceError,
): string {
  const body = problemBody(error, request.id)
  setErrorHeaders(request, reply, error)
  reply.code(body.status).type(problemType).serializer(String)
  return JSON.stringify(body)
}

/** Sets the headers that an error has in every API. */
export function setErrorHeaders(
  request: FastifyRequest,
  reply: FastifyReply,
  error: ServiceError,
): void {
  const status = statusOf(error)
  if (status === 503) reply.header('retry-after', retryAfterOf(error))
  if (status === 401) reply.header('www-authenticate', challenge(request))
  if (isBeyondToken(request, error)) reply.header('www-authenticate', insufficientScope)
  // RFC 9110, section 15.5.16: only if the coding is the cause, and not the media type.
  if (status === 415 && refuseContentCoding(request) !== undefined) {
    reply.header('accept-encoding', 'identity')
  }
  reply.header('cache-control', 'no-store')
}

/** The body of a problem (RFC 9457), in which no text of the caller holds a token. */
export function problemBody(error: ServiceError, requestId: string): Static<typeof Problem> {
  const status = statusOf(error)
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: redactTokens(error.message),
    code: error.code,
    request_id: requestId,
    ...(error.faults.length > 0 ? { errors: error.faults.slice(0, maxFaults).map(redacted) } : {}),
  }
}

const realm = 'Bearer realm="aeon-keys"'

/**
 * RFC 6750, section 3.1: no error code when the request has no credentials, or those of another
 * scheme.
 */
function challenge(request: FastifyRequest): string {
  const given = /^Bearer +[^ ]/i.test(request.headers.authorization ?? '')
  return given ? `${realm}, error="invalid_token"` : realm
}

const insufficientScope = `${realm}, error="insufficient_scope"`

/**
 * Whether a valid token lacks what the operation requires (RFC 6750, section 3.1). Of a proxy that
 * asks about the token of its client, the challenge would be for the client.
 */
function isBeyondToken({ headers, routeOptions }: FastifyRequest, error: ServiceError): boolean {
  if (error.code !== 'permission_denied' && error.code !== 'escalation') return false
  const isOfToken = routeOptions.config.access !== undefined && headers.authorization !== undefined
  return isOfToken && !(error instanceof RefusedToken)
}

/** A field name is text of the caller, and may be a token pasted in the wrong place. */
function redacted({ in: place = 'body', field, rule, message }: Fault): Static<typeof FaultBody> {
  return {
    in: place,
    field: redactTokens(field).slice(0, maxFaultFieldLength),
    rule,
    message: redactTokens(message),
  }
}
