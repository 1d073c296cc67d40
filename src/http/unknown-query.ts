import type { FastifyReply, FastifyRequest } from 'fastify'
import { maxFaults } from '../domain/limits.ts'
import { type Fault, invalidRequest } from '../errors.ts'
import type { App } from './app-type.ts'
import { describeUnknownName } from './known-names.ts'
import { isMalformedQuery, malformedQuery } from './query-string.ts'
import { runFirst } from './run-first.ts'

/**
 * Refuses query parameters on the routes, registered after it, that have no query schema. A token
 * or a condition in the URL must not be ignored, because its sender counts on it.
 */
export function refuseUnknownQueries(app: App): void {
  app.addHook('onRoute', (route) => {
    if (route.schema?.querystring !== undefined) return
    runFirst(route, 'preValidation', refuseQuery)
  })
}

function refuseQuery(request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void) {
  // A router takes `#` for the start of a query too, although no request should have one.
  if (!/[?#]/.test(request.url)) return done()
  const faults = faultsOf(request.query)
  return done(faults.length === 0 ? undefined : invalidRequest(faults))
}

function faultsOf(query: unknown): Fault[] {
  if (isMalformedQuery(query)) return [malformedQuery]
  const names = Object.keys(query as object).slice(0, maxFaults)
  return names.map((name) => ({
    in: 'query',
    field: `/${name}`,
    rule: 'unknown_field',
    message: describeUnknownName(name, [], 'parameter'),
  }))
}
