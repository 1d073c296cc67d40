import type { Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { App } from '../app-type.ts'
import { pathOf } from '../request-path.ts'
import { UnknownRoute } from '../unknown-route.ts'

/** Where and whether the routes that need no token are served. */
export interface Exposure {
  readonly hasDocs: boolean
  readonly hasMetrics: boolean
  /** Whether health and metrics are served on a port of their own, and only there. */
  readonly hasOperationsPort: boolean
}

const operationsPaths: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics'])
const docsPath = /^\/(?:docs(?:\/|$)|openapi\.json$|openapi\/)/

/** The connections that arrived at the port for health and metrics. */
export type OperationsSockets = WeakSet<Socket>

/**
 * Answers 404 on the routes that the settings close, and on routes of the other port. Must be
 * called before anything that tells a path with a route from one without.
 */
export function restrictExposure(
  app: App,
  exposure: Exposure,
  operations: OperationsSockets,
): void {
  // A request on whose path nothing depends pays for no look at it.
  if (exposure.hasDocs && exposure.hasMetrics && !exposure.hasOperationsPort) return
  app.addHook('onRequest', (request, _reply, done) => {
    if (isServed(servedPathOf(request), exposure, operations.has(request.socket))) return done()
    done(new UnknownRoute(servedPathOf(request)))
  })
}

function isServed(path: string, exposure: Exposure, isOperationsPort: boolean): boolean {
  if (path === '/metrics' && !exposure.hasMetrics) return false
  if (operationsPaths.has(path)) return isOperationsPort === exposure.hasOperationsPort
  if (isOperationsPort) return false
  return exposure.hasDocs || !docsPath.test(path)
}

/** The pattern of the route; for a method without a route, the path. */
function servedPathOf({ routeOptions, url }: FastifyRequest): string {
  return routeOptions.url ?? pathOf(url)
}
