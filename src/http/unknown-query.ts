import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { maxFaults } from '../domain/limits.ts'
import { invalidRequest } from '../errors.ts'
import type { App } from './app-type.ts'

/**
 * Refuses query parameters on the routes, registered after it, that have no query schema. A token
 * or a condition in the URL must not be ignored, because its sender counts on it.
 */
export function refuseUnknownQueries(app: App): void {
  app.addHook('onRoute', (route) => {
    if (route.schema?.querystring !== undefined) return
    const given = [route.preValidation ?? []].flat()
    route.preValidation = [refuseQuery, ...given] as NonNullable<RouteOptions['preValidation']>
  })
}

function refuseQuery(request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void) {
  if (!request.url.includes('?')) return done()
  const names = Object.keys(request.query as object).slice(0, maxFaults)
  const faults = names.map((name) => ({
    field: `/${name}`,
    rule: 'unknown_field',
    message: 'The parameter is not defined for this operation.',
  }))
  return done(faults.length === 0 ? undefined : invalidRequest(faults))
}
