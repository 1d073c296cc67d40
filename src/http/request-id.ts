import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { maxRequestIdLength } from '../domain/limits.ts'
import type { App } from './app-type.ts'

const acceptable = new RegExp(`^[A-Za-z0-9-]{1,${maxRequestIdLength}}$`)

/** The X-Request-Id of the request if that is harmless in a log, else a new id. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && acceptable.test(given) ? given : randomUUID()
}

/** Sets X-Request-Id in every answer. */
export function answerWithRequestId(app: App): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
}
