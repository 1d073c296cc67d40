import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { ServiceError } from '../../errors.ts'
import type { App } from '../app-type.ts'
import { retryAfterOf, statusOf } from '../problem.ts'
import { openEnum, ref } from '../schema-tools.ts'
import { toServiceError } from '../service-error.ts'
import { RefusedCaller } from './caller.ts'
import { type OAuthError, oauthErrors } from './oauth-error.ts'

export const OAuthErrorBody = Type.Object(
  {
    error: openEnum(oauthErrors, 'Kind of the error.'),
    error_description: Type.String({ description: 'The error, for people.' }),
  },
  { $id: 'OAuthError', description: 'An error (RFC 6749, section 5.2).' },
)

/** The error responses of introspection. */
export const oauthErrorResponses = Object.fromEntries(
  Object.entries({
    400: 'The request is invalid.',
    401: 'The caller is not authorized.',
    413: 'The body is larger than the limit of the operation.',
    415: 'The body has a Content-Encoding.',
    500: 'Internal error.',
    503: 'The service or its database is unavailable or overloaded. Retry after the time in Retry-After.',
  }).map(([status, description]) => [
    status,
    { description, content: { 'application/json': { schema: ref(OAuthErrorBody) } } },
  ]),
) as Record<never, never>

/** Answers every error of the scope in OAuth's form. */
export function answerOAuthErrors(scope: App): void {
  scope.setErrorHandler(answerError)
  // Unknown paths below the prefix reach the scope's error handler, before the body is read.
  scope.setNotFoundHandler((_request, reply) => answerUnknownOAuthPath(reply))
}

/** Answers a path below the prefix that no route has, or that cannot be decoded. */
export function answerUnknownOAuthPath(reply: FastifyReply): FastifyReply {
  return sendOAuthError(reply, 404, 'invalid_request', 'There is no such route.')
}

function answerError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error instanceof RefusedCaller) {
    const { refusal } = error
    reply.header('www-authenticate', refusal.challenges)
    return sendOAuthError(reply, 401, refusal.error, refusal.description)
  }
  const failure = toServiceError(error, request)
  // Of the service itself: a Content-Encoding. Of Fastify: a body that is no form, which RFC 6749,
  // section 5.2, answers as a malformed request.
  const isForm = error instanceof ServiceError || failure.code !== 'unsupported_media_type'
  const status = isForm ? statusOf(failure) : 400
  // RFC 9110, section 15.5.16.
  if (status === 415) reply.header('accept-encoding', 'identity')
  if (status === 503) {
    reply.header('retry-after', retryAfterOf(failure))
    return sendOAuthError(
      reply,
      status,
      'temporarily_unavailable',
      'The service is unavailable or overloaded. Try again later.',
    )
  }
  if (status === 500) return sendOAuthError(reply, status, 'server_error', 'Internal error.')
  return sendOAuthError(reply, status, 'invalid_request', describe(error, failure))
}

/** Answers that a request is not what its specification says. */
export function refuseRequest(reply: FastifyReply, fault: string): FastifyReply {
  return sendOAuthError(reply, 400, 'invalid_request', fault)
}

/** Sends an error in the form of RFC 6749, section 5.2, which no cache may keep. */
function sendOAuthError(
  reply: FastifyReply,
  status: number,
  error: OAuthError,
  description: string,
): FastifyReply {
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send({ error, error_description: description })
}

/** RFC 6749, section 5.2, excludes double quotes and backslashes. */
function describe(error: FastifyError, { code, message, faults }: ServiceError): string {
  if (error instanceof ServiceError) {
    const [fault] = faults
    return (fault?.message ?? message).replace(/["\\]/g, "'")
  }
  if (code === 'body_too_large') return message
  if (code !== 'unsupported_media_type') return 'The request cannot be parsed.'
  return 'The content type must be application/x-www-form-urlencoded.'
}
