import type { Socket } from 'node:net'
import type { ConnectionError, FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { ServiceError } from '../errors.ts'
import { recordMethods } from './allowed-methods.ts'
import type { App } from './app-type.ts'
import { endWithProblem } from './end-with-problem.ts'
import { writeProblem } from './problem.ts'
import { toServiceError } from './service-error.ts'

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
  endWithProblem(socket, unreadable(error))
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

function sendProblem(request: FastifyRequest, reply: FastifyReply, error: ServiceError) {
  return reply.send(writeProblem(request, reply, error))
}
