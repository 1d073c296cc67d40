import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { maxFaultFieldLength } from '../../domain/limits.ts'
import { redactTokens } from '../../domain/token/redaction.ts'
import type { Fault, ServiceError } from '../../errors.ts'
import type { App } from '../app-type.ts'
import { RefusedToken } from '../authentication.ts'
import { setErrorHeaders, statusOfCode, toServiceError } from '../problem.ts'

/** Where this face begins. */
export const aeonPrefix = '/api/public/v1'

export const ApiError = Type.Object(
  {
    error: Type.Object({
      detail: Type.String({ description: 'Message for people. Contains no percent sign.' }),
      status: Type.Integer(),
    }),
  },
  { $id: 'ApiError', description: 'An error.' },
)

/**
 * Answers every error of the scope in Aeon's form. Its clients know three details by their text:
 * `Invalid JWT` and `JWT has expired`, upon which they ask for another key, and `Requested API not
 * found`, upon which they fall back on older operations.
 */
export function answerAeonErrors(scope: App): void {
  const answer = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
    sendError(request, reply, toServiceError(error, request))
  scope.setErrorHandler(answer)
  // The application refuses what no route takes before its body is read, by the error handler.
  scope.setNotFoundHandler((request, reply) => answerUnknownAeonPath(request, reply))
}

/** For a path below the prefix that names nothing, or cannot be read at all. */
export function answerUnknownAeonPath(request: FastifyRequest, reply: FastifyReply): void {
  send(request, reply, 404, 'Requested API not found')
}

/** Whether a path is one of this face, served or not. */
export function isAeonPath(url: string): boolean {
  return /^\/api\/public\/v1(?:[/?]|$)/.test(url)
}

function sendError(request: FastifyRequest, reply: FastifyReply, error: ServiceError) {
  if (request.is404) return answerUnknownAeonPath(request, reply)
  return send(request, reply, statusOfCode[error.code], detailOf(error))
}

/** Makes a reply that of an error, and gives its body. */
export function writeAeonError(
  request: FastifyRequest,
  reply: FastifyReply,
  error: ServiceError,
): string {
  return write(request, reply, statusOfCode[error.code], detailOf(error))
}

function send(request: FastifyRequest, reply: FastifyReply, status: number, detail: string): void {
  reply.send(write(request, reply, status, detail))
}

function write(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  detail: string,
): string {
  const body: Static<typeof ApiError> = { error: { detail: printable(detail), status } }
  setErrorHeaders(request, reply, status)
  reply.code(status).type('application/json; charset=utf-8').serializer(String)
  return JSON.stringify(body)
}

function detailOf(error: ServiceError): string {
  if (error.code === 'unauthenticated') {
    const hasExpired = error instanceof RefusedToken && error.reason === 'expired'
    return hasExpired ? 'JWT has expired' : 'Invalid JWT'
  }
  if (error.faults.length === 0) return error.message
  return error.faults.slice(0, maxFaults).map(sentenceOf).join(' ')
}

/** A whole line of a terminal shows no more of them. */
const maxFaults = 10

function sentenceOf({ field, message }: Fault): string {
  const name = aeonFieldOf(field)
  return name === '' ? message : `${name}: ${message}`
}

/** The field as its sender wrote it: a use case names fields as the native face does. */
function aeonFieldOf(field: string): string {
  const [name = '', ...rest] = field.slice(1, maxFaultFieldLength).split('/')
  const steps = rest.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`))
  return (aeonNames.get(name) ?? name) + steps.join('')
}

const aeonNames: ReadonlyMap<string, string> = new Map([
  ['expires_at', 'expire_after_hours'],
  ['role', 'role_id'],
  ['allow_list_ids', 'allow_list_info'],
  ['entries', 'allow_list'],
])

/** The client prints the detail as a format of printf: a percent sign, of a caller's text, would come out mangled. */
function printable(detail: string): string {
  return redactTokens(detail).replaceAll('%', '?')
}
