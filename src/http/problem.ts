import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionError, FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { maxFaultFieldLength, maxFaults } from '../domain/limits.ts'
import { redactTokens } from '../domain/token/redaction.ts'
import { type ErrorCode, errorCodes, type Fault, ServiceError } from '../errors.ts'
import { isOutcomeUnknown, isReadOnlyDatabase, isUnavailable } from '../verification/outage.ts'
import { recordMethods } from './allowed-methods.ts'
import type { App } from './app-type.ts'
import { oneOf, ref } from './schema-tools.ts'
import { faultsOfValidation } from './validation.ts'

/** The HTTP status of each error code, in every API. */
export const statusOfCode: Readonly<Record<ErrorCode, number>> = {
  malformed_body: 400,
  invalid_request: 400,
  unauthenticated: 401,
  permission_denied: 403,
  escalation: 403,
  not_found: 404,
  method_not_allowed: 405,
  name_taken: 409,
  id_taken: 409,
  in_use: 409,
  built_in: 409,
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
  internal: 500,
  unavailable: 503,
  overloaded: 503,
  outcome_unknown: 503,
}

const contentType = 'application/problem+json; charset=utf-8'

/** Seconds that a client should wait after an outage (RFC 9110, section 10.2.3). */
export const retryAfterSeconds = 1

export const FaultBody = Type.Object(
  {
    field: Type.String({
      description:
        'JSON pointer (RFC 6901) into the body; empty for the whole body. For a query parameter or a header: a slash and the name.',
      examples: ['/expires_at'],
    }),
    rule: Type.String({ examples: ['future'] }),
    message: Type.String({ examples: ['The time must be in the future.'] }),
  },
  { $id: 'Fault' },
)

export const Problem = Type.Object(
  {
    type: Type.String({
      description: 'Always `about:blank`: `code` identifies the kind of problem.',
    }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: oneOf(errorCodes),
    request_id: Type.String(),
    errors: Type.Optional(Type.Array(ref(FaultBody))),
  },
  { $id: 'Problem', description: 'An error (RFC 9457).' },
)

/** Answers every error as `application/problem+json`. */
export function answerProblems(app: App): void {
  app.setErrorHandler((error: FastifyError, request, reply) =>
    sendProblem(request, reply, toServiceError(error, request)),
  )
  const allowed = recordMethods(app)
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, noRoute()))
  // Before the body is read: no body changes that the route does not exist.
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done()
    const [path = ''] = request.url.split('?', 1)
    const methods = allowed(path)
    // A path that has the method is one that the router refuses because of its length.
    if (methods.length === 0 || methods.includes(request.method)) return done(noRoute())
    // RFC 9110, section 15.5.6.
    reply.header('allow', methods.join(', '))
    done(new ServiceError('method_not_allowed', `The path supports only ${methods.join(', ')}.`))
  })
}

function noRoute(): ServiceError {
  return new ServiceError('not_found', 'No route matches the path.')
}

/** Answers a path that the router cannot decode: no route has it. */
export function answerUnreadablePath(
  _error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  sendProblem(request, reply, noRoute())
}

/** Answers bytes that are not an HTTP request, or that came too slowly, on the bare socket. */
export function answerUnreadableRequest(error: ConnectionError, socket: Socket): void {
  if (!socket.writable) return
  const body = problemBody(unreadable(error), randomUUID())
  const text = JSON.stringify(body)
  socket.end(
    [
      `HTTP/1.1 ${body.status} ${body.title}`,
      `Content-Type: ${contentType}`,
      `X-Request-Id: ${body.request_id}`,
      'Connection: close',
      `Content-Length: ${Buffer.byteLength(text)}`,
      '',
      text,
    ].join('\r\n'),
  )
}

function unreadable(error: ConnectionError): ServiceError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new ServiceError('headers_too_large', 'The request headers are too large.')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ServiceError('request_timeout', 'The request was not received completely in time.')
    default:
      return new ServiceError('invalid_request', 'The request is not valid HTTP.')
  }
}

/** The error that a caller gets. An unexpected error is logged in full and becomes `internal`. */
export function toServiceError(error: FastifyError, request: FastifyRequest): ServiceError {
  if (error instanceof ServiceError) return error
  if (error.validation !== undefined) {
    const faults = faultsOfValidation(error.validation.slice(0, maxFaults))
    return new ServiceError(
      'invalid_request',
      'The request is invalid: errors lists the faults.',
      faults,
    )
  }
  if (isOutcomeUnknown(error)) {
    request.log.error(
      { err: error },
      'the database connection was lost during commit: the outcome of the request is unknown',
    )
    return new ServiceError(
      'outcome_unknown',
      'The database connection was lost during commit: the change may or may not have been committed. Read the resource before repeating the request.',
    )
  }
  if (isUnavailable(error)) {
    request.log.error({ err: error }, 'the database is unavailable')
    const why = isReadOnlyDatabase(error)
      ? 'The database accepts no writes: it is a standby or read-only.'
      : 'The database is unavailable.'
    return new ServiceError('unavailable', why)
  }
  return fromFastify(error) ?? unexpected(error, request)
}

/** Errors of Fastify itself. Their messages are not passed on, because they may quote the body. */
function fromFastify(error: FastifyError): ServiceError | undefined {
  switch (error.statusCode) {
    case 400:
      return new ServiceError('malformed_body', 'The body cannot be parsed as JSON.')
    case 413:
      return new ServiceError('body_too_large', 'The body is too large.')
    case 415:
      return new ServiceError(
        'unsupported_media_type',
        'The content type must be application/json.',
      )
    case 503:
      return new ServiceError('unavailable', 'The service is shutting down.')
    default:
      return undefined
  }
}

function unexpected(error: FastifyError, request: FastifyRequest): ServiceError {
  request.log.error({ err: error }, 'unexpected error')
  return new ServiceError(
    'internal',
    'Internal error. Quote the request id when reporting the error.',
  )
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, error: ServiceError) {
  return reply.send(writeProblem(request, reply, error))
}

/** Sets the status and headers of a problem, and returns the body. */
export function writeProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  error: ServiceError,
): string {
  const body = problemBody(error, request.id)
  setErrorHeaders(request, reply, body.status)
  reply.code(body.status).type(contentType).serializer(String)
  return JSON.stringify(body)
}

/** Sets the headers that an error has in every API. */
export function setErrorHeaders(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
): void {
  if (status === 503) reply.header('retry-after', retryAfterSeconds)
  if (status === 401) reply.header('www-authenticate', challenge(request))
  reply.header('cache-control', 'no-store')
}

function problemBody(error: ServiceError, requestId: string): Static<typeof Problem> {
  const status = statusOfCode[error.code]
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

/** RFC 6750, section 3: no error code when no credentials were given. */
function challenge(request: FastifyRequest): string {
  const given = request.headers.authorization !== undefined
  return given ? 'Bearer realm="aeon-keys", error="invalid_token"' : 'Bearer realm="aeon-keys"'
}

/** A field name is text of the caller, and may be a token pasted in the wrong place. */
function redacted(fault: Fault): Fault {
  return { ...fault, field: redactTokens(fault.field).slice(0, maxFaultFieldLength) }
}
