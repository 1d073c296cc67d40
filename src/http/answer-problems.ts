import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { ServiceError } from '../errors.ts'
import { type RoutesOfPath, recordRoutes } from './allowed-methods.ts'
import type { App } from './app-type.ts'
import { writeProblem } from './problem.ts'
import { pathOf } from './request-path.ts'
import { toServiceError } from './service-error.ts'
import { UnknownRoute } from './unknown-route.ts'

/** Answers every error as `application/problem+json`. */
export function answerProblems(app: App): void {
  const findRoutes = recordRoutes(app)
  const noRoute = ({ url }: FastifyRequest) =>
    new UnknownRoute(pathOf(url), (path) => findRoutes(path) !== undefined)
  app.setErrorHandler((error: FastifyError, request, reply) =>
    sendProblem(request, reply, toServiceError(error, request)),
  )
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, noRoute(request)))
  // Before the body is read: no body changes that the route does not exist.
  app.addHook('onRequest', (request, reply, done) => {
    // Verifications have no parameters, and pay for no more than this.
    if (!request.is404 && !hasParameters(request)) return done()
    const routes = findRoutes(pathOf(request.url))
    // The router takes nothing for a parameter: of `/v1/accounts/`, and of two slashes in a row.
    if (routes === undefined) return done(noRoute(request))
    // The router took `revoke` for the id of a key, because the path has no route of the method.
    if (!request.is404 && routes.pattern !== request.routeOptions.url) {
      return done(methodNotAllowed(reply, routes))
    }
    done(request.is404 ? methodNotAllowed(reply, routes) : undefined)
  })
}

/** RFC 9110, section 15.5.6. */
function methodNotAllowed(reply: FastifyReply, { methods }: RoutesOfPath): ServiceError {
  reply.header('allow', methods.join(', '))
  return new ServiceError('method_not_allowed', `The path supports only ${methods.join(', ')}.`)
}

function hasParameters({ params }: FastifyRequest): boolean {
  for (const name in params as object) return name !== ''
  return false
}

/** Answers a path that the router cannot decode: no route has it. */
export function answerUnreadablePath(
  _error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  sendProblem(request, reply, new UnknownRoute(pathOf(request.url)))
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, error: ServiceError) {
  return reply.send(writeProblem(request, reply, error))
}
