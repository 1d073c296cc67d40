import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { maxFaultFieldLength, maxFaultsOnLine } from '../../domain/limits.ts'
import { redactTokens } from '../../domain/token/redaction.ts'
import { type Fault, ServiceError } from '../../errors.ts'
import { unknownRole } from '../../management/api-keys/require-references.ts'
import type { App } from '../app-type.ts'
import { setErrorHeaders, statusOf } from '../problem.ts'
import { malformedQuery } from '../query-string.ts'
import { RefusedToken } from '../refused-token.ts'
import { pathOf } from '../request-path.ts'
import { toServiceError } from '../service-error.ts'
import { UnknownRoute } from '../unknown-route.ts'

/** The prefix of all paths of the Aeon API. */
export const aeonPrefix = '/api/public/v1'

export const ApiError = Type.Object(
  {
    error: Type.Object(
      {
        detail: Type.String({ description: 'Message for people. Contains no percent sign.' }),
        status: Type.Integer({ description: 'Status of the response.' }),
      },
      { description: 'The error.' },
    ),
  },
  { $id: 'ApiError', description: 'An error.' },
)

/**
 * Answers every error of the scope in Aeon's form. The clients compare three details by their text:
 * at `Invalid JWT` and `JWT has expired` they ask for another key, and at `Requested API not found`
 * they fall back on older operations.
 */
export function answerAeonErrors(scope: App): void {
  const answer = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
    sendError(request, reply, toServiceError(error, request))
  scope.setErrorHandler(answer)
  // The application refuses unknown paths by the error handler, before the body is read.
  scope.setNotFoundHandler((request, reply) => answerUnknownAeonPath(request, reply))
}

/** Answers a path below the prefix that no route has, or that cannot be decoded. */
export function answerUnknownAeonPath(request: FastifyRequest, reply: FastifyReply): void {
  send(request, reply, new ServiceError('not_found', 'Requested API not found'))
}

/** Whether a path belongs to the Aeon API, with or without a route. */
export function isAeonPath(url: string): boolean {
  return /^\/api\/public\/v1(?:\/|$)/.test(pathOf(url))
}

function sendError(request: FastifyRequest, reply: FastifyReply, error: ServiceError) {
  const isUnknown = error instanceof UnknownRoute || error.code === 'method_not_allowed'
  if (request.is404 || isUnknown) return answerUnknownAeonPath(request, reply)
  return send(request, reply, error)
}

/** Sets the status and headers of an error, and returns the body. */
export function writeAeonError(
  request: FastifyRequest,
  reply: FastifyReply,
  error: ServiceError,
): string {
  const status = statusOf(error)
  const body: Static<typeof ApiError> = { error: { detail: aeonDetail(error), status } }
  setErrorHeaders(request, reply, error)
  reply.code(status).type('application/json; charset=utf-8').serializer(String)
  return JSON.stringify(body)
}

function send(request: FastifyRequest, reply: FastifyReply, error: ServiceError): void {
  reply.send(writeAeonError(request, reply, error))
}

/** What the clients print of an error. */
export function aeonDetail(error: ServiceError): string {
  return printable(detailOf(error))
}

function detailOf(error: ServiceError): string {
  if (error.code === 'unauthenticated') {
    const hasExpired = error instanceof RefusedToken && error.reason === 'expired'
    return hasExpired ? 'JWT has expired' : 'Invalid JWT'
  }
  if (error.faults.length === 0) return error.message
  return error.faults.slice(0, maxFaultsOnLine).map(sentenceOf).join(' ')
}

function sentenceOf({ field, rule, message }: Fault): string {
  // The message of the fault shows escapes, which a detail cannot.
  if (rule === malformedQuery.rule) return 'The query must be percent-encoded UTF-8.'
  const name = aeonFieldOf(field, rule)
  if (name === 'role_id' && rule === unknownRole.rule) return `${name}: ${unknownRoleId}`
  return name === '' ? message : `${name}: ${message}`
}

const unknownRoleId =
  'The role does not exist in the account: write the id of one of its roles, which the list of roles has.'

/**
 * The field by its name in the Aeon API: the use cases name fields as the native API does. A field
 * that the API does not have, or that is there twice, has the name that the sender gave it.
 */
function aeonFieldOf(field: string, rule: string): string {
  const [name = '', ...rest] = field.slice(1, maxFaultFieldLength).split('/')
  const steps = rest.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`))
  const isGiven = rule === 'unknown_field' || rule === 'duplicate'
  return ((isGiven ? undefined : aeonNames.get(name)) ?? name) + steps.join('')
}

const aeonNames: ReadonlyMap<string, string> = new Map([
  ['expires_at', 'expire_after_hours'],
  ['role', 'role_id'],
  ['allow_list_ids', 'allow_list_info'],
  ['entries', 'allow_list'],
])

/** `ybm` passes the detail to printf as a format, and would mangle a percent sign. */
function printable(detail: string): string {
  return redactTokens(detail).replaceAll('%', '?')
}
