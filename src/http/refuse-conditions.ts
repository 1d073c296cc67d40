import type { FastifyReply, FastifyRequest } from 'fastify'
import { invalidRequest } from '../errors.ts'
import type { App } from './app-type.ts'
import { ifMatchHeader } from './if-match-header.ts'
import { runFirst } from './run-first.ts'

const conditions = ['if-match', 'if-none-match'] as const

/**
 * Refuses If-Match and If-None-Match on the routes, registered after it, that change something and
 * compare no entity tag. A change whose condition does not hold must not be made (RFC 9110, section
 * 13.1), so that no condition may be ignored.
 */
export function refuseConditions(app: App): void {
  app.addHook('onRoute', (route) => {
    const reads = [route.method].flat().every((method) => method === 'GET' || method === 'HEAD')
    if (reads || route.schema?.headers === ifMatchHeader) return
    runFirst(route, 'preValidation', refuse)
  })
}

function refuse({ headers }: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void) {
  const found = conditions.filter((name) => headers[name] !== undefined)
  if (found.length === 0) return done()
  const message = 'This operation compares no entity tag. Leave the header out.'
  const faults = found.map((name) => ({ field: `/${name}`, rule: 'entity_tag', message }))
  done(invalidRequest(faults.map((fault) => ({ in: 'header', ...fault }))))
}
